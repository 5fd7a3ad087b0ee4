"""Errors of the 68 facial points, in percent of the distance between the outer eye corners or of another unit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 36, 45
"""The outer eye corners among the 68 points; right and left are the subject's."""

INNER_51: Bool[np.ndarray, "68"] = np.arange(68) >= 17
"""The points inside the face: all but the 17 of the jaw line."""
INNER_51.setflags(write=False)

BOUNDARY_17: Bool[np.ndarray, "68"] = ~INNER_51
"""The points of the jaw line."""
BOUNDARY_17.setflags(write=False)

RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)
"""The outlines of the eyes."""

Normalisation = Literal["interocular", "interpupil", "box", "diagonal"]
"""The unit of an error: see `unit_px`."""
NORMALISATIONS: tuple[Normalisation, ...] = ("interocular", "interpupil", "box", "diagonal")


@dataclass(frozen=True)
class EyeFrame:
    """Axes and unit of one annotated face: along the line of its eyes, in percent of the distance between them.

    Attributes:
        rotation: (2, 2) face_from_picture; its rows are the face's right (to the picture's right) and down.
        unit_px: 1 % of the distance of the outer eye corners.
    """

    rotation: Float[np.ndarray, "2 2"]
    unit_px: float

    def from_picture(self, difference_px: Float[np.ndarray, "*B 2"]) -> Float[np.ndarray, "*B 2"]:
        """Turn differences of points, pixels, into face axes and percent."""
        return difference_px @ self.rotation.T / self.unit_px

    def to_picture(self, difference: Float[np.ndarray, "*B 2"]) -> Float[np.ndarray, "*B 2"]:
        """Inverse of `from_picture`."""
        return difference @ self.rotation * self.unit_px


def eye_frame(truth_px: Float[np.ndarray, "68 2"]) -> EyeFrame:
    """The frame of an annotated face.

    Args:
        truth_px: its 68 points, pixels.
    """
    along = truth_px[LEFT_EYE_OUTER] - truth_px[RIGHT_EYE_OUTER]
    distance = float(np.hypot(*along))
    cos, sin = along / distance
    return EyeFrame(np.array([[cos, sin], [-sin, cos]]), distance / 100)


def interocular_nme(
    points_px: Float[np.ndarray, "*B 68 2"], truth_px: Float[np.ndarray, "68 2"], select: Bool[np.ndarray, "68"]
) -> Float[np.ndarray, "*B"]:
    """Mean distance of the selected points to the truth, percent of the distance of the outer eye corners (300-W).

    Args:
        points_px: predicted, pixels.
        truth_px: annotated, pixels.
        select: which points count; at least one.
    """
    unit_px = eye_frame(truth_px).unit_px
    distance = np.linalg.norm(points_px - truth_px, axis=-1)[..., select]
    return np.asarray(distance.mean(-1) / unit_px)


def best_of(errors: Float[np.ndarray, "*B N"], k: int | None = None) -> Float[np.ndarray, "*B"]:
    """The least error among the first k samples (all of them by default)."""
    return np.asarray(errors[..., :k].min(-1))


def unit_px(truth_px: Float[np.ndarray, "68 2"], normalisation: Normalisation) -> float:
    """The length, in pixels, that errors on an annotated face are divided by.

    Args:
        truth_px: its 68 points; of those that are not annotated, which are not numbers, only boxes and diagonals
            can do without.
        normalisation: "interocular": the distance of the outer eye corners (300-W, 300-VW, Helen, AFW); "interpupil":
            that of the means of the points around each eye (COFW-68); "box": sqrt(width x height) of the tight box of
            the points (AFLW2000-3D as in 3DDFA); "diagonal": that of the same box.
    """
    if normalisation == "interocular":
        return float(np.hypot(*(truth_px[LEFT_EYE_OUTER] - truth_px[RIGHT_EYE_OUTER])))
    if normalisation == "interpupil":
        return float(np.hypot(*(truth_px[LEFT_EYE].mean(0) - truth_px[RIGHT_EYE].mean(0))))
    width, height = np.nanmax(truth_px, axis=0) - np.nanmin(truth_px, axis=0)
    return float(np.sqrt(width * height) if normalisation == "box" else np.hypot(width, height))
