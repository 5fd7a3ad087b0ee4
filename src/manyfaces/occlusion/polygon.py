"""Filling polygons without losing fractions of a pixel."""

import cv2
import numpy as np
from jaxtyping import Float, UInt8

_SUBPIXEL_BITS = 4


def fill_polygon(mask: UInt8[np.ndarray, "H W"], outline_px: Float[np.ndarray, "N 2"]) -> None:
    """Set the pixels inside an outline to one, in place; corners are kept to a sixteenth of a pixel.

    So small faces get as many different shapes as large ones.
    """
    corners = np.round(outline_px * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(mask, [corners], (1,), shift=_SUBPIXEL_BITS)
