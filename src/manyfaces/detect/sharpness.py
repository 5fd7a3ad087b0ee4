"""How sharp a face is on its picture."""

import cv2
import numpy as np
from jaxtyping import UInt8

from manyfaces.detect.sampling import sample_crop
from manyfaces.geometry.crop import Crop

SHARPNESS_PIXELS = 128
"""Faces are compared at this size. Smaller ones are enlarged and come out as unsharp as they are."""
_LEAST_CONTRAST = 2.0
"""Grey levels; flatter crops are taken to have this contrast, so that noise alone is not sharp."""


def sharpness(image: UInt8[np.ndarray, "H W 3"], crop: Crop) -> float:
    """Variance of the Laplacian, with the face brought to one size and one contrast.

    The variance of the Laplacian (Pech-Pacheco et al., ICPR 2000) of a whole picture speaks of the background, and
    falls with the light and with the distance. Divided by the variance of the grey levels it does not depend on
    brightness and contrast; taken at one size, it depends on how many details the face has, not on how many pixels.

    Args:
        image: RGB.
        crop: the face's, see `crop_from_points`.

    Returns:
        0 for no details at all; a few thousandths for faces out of focus, more for sharp ones. Compare faces of one
        camera with each other.
    """
    grey = cv2.cvtColor(sample_crop(image, crop, SHARPNESS_PIXELS, replicate_border=True), cv2.COLOR_RGB2GRAY)
    grey = grey.astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), _LEAST_CONTRAST**2))
