"""Cutting crops out of pictures without aliasing."""

import cv2
import numpy as np
from jaxtyping import UInt8

from manyfaces.geometry.crop import Crop


def sample_crop(
    image: UInt8[np.ndarray, "H W 3"], crop: Crop, size: int, replicate_border: bool = False
) -> UInt8[np.ndarray, "size size 3"]:
    """Resample a turned square of a picture.

    A bilinear sample reads 2 x 2 pixels; where a crop pixel covers more, the region is averaged down by a whole
    factor first.

    Args:
        image: (H, W, 3) uint8.
        crop: what to cut out, picture pixels.
        size: side of the result in pixels.
        replicate_border: beyond the picture, repeat its edge instead of black.

    Returns:
        (size, size, 3) uint8.
    """
    matrix = crop.matrix(size)
    shrink = int(crop.size_px / size)
    if shrink >= 2:
        image, shrunk_from_picture = _shrunk_region(image, crop, shrink)
        matrix = _compose(matrix, _inverse(shrunk_from_picture))
    border = cv2.BORDER_REPLICATE if replicate_border else cv2.BORDER_CONSTANT
    return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border)


def _shrunk_region(image: np.ndarray, crop: Crop, factor: int) -> tuple[np.ndarray, np.ndarray]:
    # The upright rectangle around the crop, cut to the picture, then to a multiple of the factor so that every mean
    # is over whole blocks (the last few rows and columns, less than a crop pixel, are repeated instead).
    height, width = image.shape[:2]
    reach = crop.size_px * np.sqrt(0.5) if crop.angle_rad else crop.size_px / 2
    x0 = int(np.clip(crop.centre_px[0] - reach - factor, 0, width - 1))
    y0 = int(np.clip(crop.centre_px[1] - reach - factor, 0, height - 1))
    x1 = int(np.clip(crop.centre_px[0] + reach + factor + 1, x0 + 1, width))
    y1 = int(np.clip(crop.centre_px[1] + reach + factor + 1, y0 + 1, height))
    region = image[y0:y1, x0:x1]
    down, right = -region.shape[0] % factor, -region.shape[1] % factor
    if down or right:
        region = cv2.copyMakeBorder(region, 0, down, 0, right, cv2.BORDER_REPLICATE)
    shape = (region.shape[1] // factor, region.shape[0] // factor)
    # Block (0, 0) has its centre (factor - 1) / 2 pixels from that of its first pixel.
    offset = (factor - 1) / 2
    matrix = np.array([[1 / factor, 0, -(x0 + offset) / factor], [0, 1 / factor, -(y0 + offset) / factor]])
    return cv2.resize(region, shape, interpolation=cv2.INTER_AREA), matrix


def _compose(second: np.ndarray, first: np.ndarray) -> np.ndarray:
    linear = second[:, :2] @ first[:, :2]
    return np.concatenate([linear, (second[:, :2] @ first[:, 2] + second[:, 2])[:, None]], 1)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    return cv2.invertAffineTransform(matrix)
