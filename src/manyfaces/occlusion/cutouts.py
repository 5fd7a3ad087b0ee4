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

_MARGIN = 4
_LEAST_DROP, _MOST_DROP = -1.0, 6.0


def part_responses(
    pixels: UInt8[np.ndarray, "S S 3"], points: Float[np.ndarray, "468 2"], finder: PointFinder
) -> dict[str, float]:
    """Measure how much the point network misses each part of a face when it is painted over.

    Args:
        pixels: crop around the face, of the network's own size (192), so that its pixels are the unit of movement.
        points: the face's points, crop pixels.
        finder: the point network; called once, then once a part.

    Returns:
        For each of `PARTS`: by how much the score's logit drops (bounded: far outside the network is not calibrated)
        plus how far the part's points move, pixels. About zero where the part was hidden already.
    """
    size = pixels.shape[0]
    whole = Crop(((size - 1) / 2, (size - 1) / 2), float(size))
    before = finder(pixels, whole)
    responses = {}
    for name, numbers in PARTS.items():
        after = finder(_painted_over(pixels, points, numbers), whole)
        drop = min(max(_logit(before.score) - _logit(after.score), _LEAST_DROP), _MOST_DROP)
        moved = (after.points_px - before.points_px)[list(numbers)]
        responses[name] = drop + float(np.linalg.norm(moved, axis=1).mean())
    return responses


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
