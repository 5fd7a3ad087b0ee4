"""Where skin, eyes, brows, nostrils and lips are expected, drawn from the 468 points."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float

from manyfaces.occlusion.polygon import fill_polygon

# Numbers of MediaPipe's face mesh; each list is a contour.
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
_LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
_RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
_LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_NOSTRILS = (98, 97, 2, 326, 327)

PARTS: dict[str, tuple[int, ...]] = {
    "right eye": _RIGHT_EYE,
    "right brow": _RIGHT_BROW,
    "left eye": _LEFT_EYE,
    "left brow": _LEFT_BROW,
    "nose": (1, 2, 98, 327, 4, 5, 195, 129, 358),
    "mouth": _LIPS,
    "chin": (152, 148, 377, 176, 400, 18, 200, 199, 175),
}
"""The parts of a face that are examined one by one: points whose convex hull is the part. Sides are the subject's."""


@dataclass(frozen=True)
class FaceZones:
    """What is expected where, each (S, S) over a square crop.

    Attributes:
        face: inside the outline.
        features: eyes with brows, nostrils, lips: not skin-coloured on any face.
        skin: the rest of the face, some pixels away from the outline.
        lids: each eye with the skin right around it, right then left.
    """

    face: Bool[np.ndarray, "S S"]
    features: Bool[np.ndarray, "S S"]
    skin: Bool[np.ndarray, "S S"]
    lids: tuple[Bool[np.ndarray, "S S"], Bool[np.ndarray, "S S"]]


def face_zones(points: Float[np.ndarray, "468 2"], size: int) -> FaceZones:
    """Draw the zones of a face into a crop of `size` pixels a side; `points` are crop pixels."""
    face = _filled(points[list(OVAL)], size)
    eyes = np.maximum(
        part_mask(points, _RIGHT_EYE + _RIGHT_BROW, size), part_mask(points, _LEFT_EYE + _LEFT_BROW, size)
    )
    unit = size / 64
    features = _grown(eyes, unit)
    features |= _grown(part_mask(points, _LIPS, size), 1.5 * unit)
    features |= _grown(part_mask(points, _NOSTRILS, size), unit)
    core = cv2.erode(face, ellipse(1.5 * unit))
    right, left = (_grown(part_mask(points, eye, size), 1.5 * unit) > 0 for eye in (_RIGHT_EYE, _LEFT_EYE))
    return FaceZones(face > 0, features > 0, (core & (1 - features)) > 0, (right, left))


def part_mask(points: np.ndarray, numbers: tuple[int, ...], size: int) -> np.ndarray:
    """Fill the convex hull of some of the points; (size, size) uint8 of 0 and 1."""
    return _filled(cv2.convexHull(points[list(numbers)].astype(np.float32))[:, 0], size)


def ellipse(radius: float) -> np.ndarray:
    """Make a round kernel for growing and shrinking masks."""
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _filled(outline: np.ndarray, size: int) -> np.ndarray:
    mask = np.zeros((size, size), np.uint8)
    fill_polygon(mask, outline)
    return mask


def _grown(mask: np.ndarray, radius: float) -> np.ndarray:
    return cv2.dilate(mask, ellipse(radius))
