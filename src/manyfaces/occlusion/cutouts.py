"""Asking the point network itself what it sees: paint over one part of the face and watch its score.

Where the part is in plain view the network misses it; where something already hides it nothing is lost. This works
whatever the occluder looks like (occlusion sensitivity; Zeiler and Fergus 2014, arXiv 1311.2901, section 4.2).
"""

import math
from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from manyfaces.detect import FacePoints
from manyfaces.geometry.crop import Crop
from manyfaces.occlusion.zones import PARTS, part_mask

PointFinder = Callable[[np.ndarray, Crop], FacePoints]
"""Finds the points of the face in a crop of a picture, as `manyfaces.detect.FaceMesh` does."""

_WHOLE_FACE_LOGIT = 12.0
_LOST_NOTHING = 0.5
_MARGIN = 4


def hidden_parts(
    pixels: UInt8[np.ndarray, "S S 3"], points: Float[np.ndarray, "468 2"], finder: PointFinder
) -> list[str]:
    """Name the parts of a face whose loss the point network does not notice.

    Args:
        pixels: crop around the face.
        points: the face's points, crop pixels.
        finder: the point network; called once, then once a part if the face looks incomplete.

    Returns:
        Keys of `PARTS`; empty when the network is sure that it sees a whole face.
    """
    size = pixels.shape[0]
    whole = Crop(((size - 1) / 2, (size - 1) / 2), float(size))
    logit = _logit(finder(pixels, whole).score)
    if logit > _WHOLE_FACE_LOGIT:
        return []
    return [
        name
        for name, numbers in PARTS.items()
        if logit - _logit(finder(_painted_over(pixels, points, numbers), whole).score) < _LOST_NOTHING
    ]


def _painted_over(pixels: np.ndarray, points: np.ndarray, numbers: tuple[int, ...]) -> np.ndarray:
    """Fill a part with the median colour around it."""
    part = cv2.dilate(
        part_mask(points, numbers, pixels.shape[0]), np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    )
    around = cv2.dilate(part, np.ones((7, 7), np.uint8)) > part
    painted = pixels.copy()
    if around.any():
        painted[part > 0] = np.median(pixels[around], axis=0).astype(np.uint8)
    return painted


def _logit(score: float) -> float:
    clipped = min(max(score, 1e-9), 1 - 1e-9)
    return math.log(clipped / (1 - clipped))
