"""What any method of the photo protocol gives, and the detector's own points as the first of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.assets import fetch
from manyfaces.detect import FaceBox, FaceDetector, FaceMesh, crop_from_box
from manyfaces.io.litert import load_network

Choose = Callable[[np.ndarray], int | None]
"""Given the boxes (D, 4) of the faces that a method found, which one is asked for; None if none is."""

Occlusion = Literal["known", "auto"]
OCCLUSIONS: tuple[Occlusion, ...] = ("known", "auto")


@dataclass(frozen=True)
class HypothesisPoints:
    """Where a method puts the points of one face.

    Attributes:
        points_68_px: one row per hypothesis, best first, pixels.
        visible: which of the 468 dense points the method takes for visible.
    """

    points_68_px: Float[np.ndarray, "M 68 2"]
    visible: Bool[np.ndarray, "468"]


class Reconstructor(Protocol):
    """A method under test."""

    def __call__(
        self, image: UInt8[np.ndarray, "H W 3"], occlusion: np.ndarray | Literal["auto"], choose: Choose, /
    ) -> HypothesisPoints | None:
        """Reconstruct one face of a picture.

        Args:
            image: (H, W, 3) uint8 RGB.
            occlusion: (H, W) bool, the hidden pixels; or "auto", the method must find them.
            choose: says which of the faces that were found is meant.

        Returns:
            None where the face was not found.
        """
        ...


class PointFinder:
    """The detector's own points: crop from the detection, one pass of FaceMesh.

    Args:
        detector: finds all faces of a picture.
        mesh: finds the 468 points in a crop.
    """

    def __init__(self, detector: Callable[[np.ndarray], list[FaceBox]], mesh: FaceMesh):
        self._detector = detector
        self._mesh = mesh

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], choose: Choose) -> Float[np.ndarray, "468 2"] | None:
        """Points of the chosen face; None where it is not found."""
        boxes = self._detector(image)
        row = choose(np.array([box.box_px for box in boxes], float).reshape(-1, 4))
        return None if row is None else self._mesh(image, crop_from_box(boxes[row])).points_px.astype(float)


def default_point_finder() -> PointFinder:
    """The project's detector with the networks of the asset cache."""
    short, full, mesh = (
        load_network(fetch(name))
        for name in ("face_detection_short_range", "face_detection_full_range", "face_landmarks_468")
    )
    face_mesh = FaceMesh(mesh)
    return PointFinder(FaceDetector(short, full), face_mesh)
