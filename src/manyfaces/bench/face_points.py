"""What any method of the photo protocol gives, and the detector's own points as the first of them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.assets import fetch
from manyfaces.detect import FaceBox, FaceDetector, FaceMesh, crop_from_box
from manyfaces.io.litert import load_network

Choose = Callable[[np.ndarray], int | None]
"""Given the boxes (D, 4) of the faces that a method found, which one is asked for; None if none is."""

FindPoints = Callable[[np.ndarray, Choose], np.ndarray | None]
"""Finds the 468 points (468, 2) of the chosen face of a picture; None where the face is not found."""

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


Reconstructor = Callable[[np.ndarray, np.ndarray | Literal["auto"], Choose], HypothesisPoints | None]
"""A method under test. It gets a picture, (H, W, 3) uint8 RGB; the hidden pixels, (H, W) bool, or "auto" where it must
find them itself; and what says which of the faces it found is meant. None where it did not find that face."""


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


class RememberingDetector(FaceDetector):
    """A face detector that looks at each picture once, however many methods ask.

    Args:
        detector: finds all faces of a picture.
    """

    def __init__(self, detector: FaceDetector):
        self._detector = detector
        self._seen: dict[tuple[bytes, float], list[FaceBox]] = {}

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], min_score: float = 0.5) -> list[FaceBox]:
        """All faces, best first."""
        digest = hashlib.sha1(image.tobytes(), usedforsecurity=False)
        digest.update(str(image.shape).encode())
        key = (digest.digest(), min_score)
        if key not in self._seen:
            self._seen[key] = self._detector(image, min_score)
        return self._seen[key]


def default_detector() -> RememberingDetector:
    """The project's detector with the networks of the asset cache."""
    names = ("face_detection_short_range", "face_detection_full_range")
    return RememberingDetector(FaceDetector(*(load_network(fetch(name)) for name in names)))


def default_point_finder(detector: FaceDetector) -> PointFinder:
    """The project's face points in the detector's boxes."""
    return PointFinder(detector, FaceMesh(load_network(fetch("face_landmarks_468"))))
