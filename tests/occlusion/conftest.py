"""A drawn face whose 468 points are known, and a point network that answers as it is told."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from manyfaces.detect import FacePoints
from manyfaces.geometry.crop import Crop
from manyfaces.occlusion.zones import OVAL, PARTS

DARK = ("right eye", "left eye", "right brow", "left brow")
PLACES = {
    "right eye": ((-0.2, -0.15), (0.1, 0.04)),
    "left eye": ((0.2, -0.15), (0.1, 0.04)),
    "right brow": ((-0.2, -0.27), (0.12, 0.02)),
    "left brow": ((0.2, -0.27), (0.12, 0.02)),
    "mouth": ((0.0, 0.36), (0.17, 0.06)),
    "nose": ((0.0, 0.08), (0.08, 0.1)),
    "chin": ((0.0, 0.52), (0.1, 0.05)),
}


@dataclass(frozen=True)
class DrawnFace:
    """A picture, the face's points on it, and those points as the point network hands them over."""

    image: np.ndarray
    points: np.ndarray

    def found(self, score: float = 1.0) -> FacePoints:
        crop = Crop((float(self.points[:, 0].mean()), float(self.points[:, 1].mean())), 160.0)
        return FacePoints(self.points.astype(np.float32), np.zeros(468, np.float32), score, crop)


def contour(points: np.ndarray, numbers: tuple[int, ...], centre: tuple[float, float], radii: tuple[float, float]):
    # From the left round: the first point of an eye is its outer corner on the subject's right, inner on the left.
    angle = np.linspace(0, 2 * np.pi, len(numbers), endpoint=False)
    points[list(numbers)] = np.array(centre) + np.array(radii) * np.stack([np.sin(angle), -np.cos(angle)], -1)


def draw_points(centre: tuple[float, float], width: float) -> np.ndarray:
    generator = np.random.default_rng(0)
    points = np.stack([generator.uniform(-0.3, 0.3, 468), generator.uniform(-0.4, 0.4, 468)], -1)
    for name, (place, radii) in PLACES.items():
        contour(points, PARTS[name], place, radii)
    contour(points, OVAL, (0, 0), (0.5, 0.65))
    points[33], points[263] = (-0.3, -0.15), (0.3, -0.15)  # outer eye corners: they give the crop its direction
    return points * width + np.array(centre)


def draw_face(
    size: tuple[int, int] = (200, 220),
    centre: tuple[float, float] = (110.0, 100.0),
    width: float = 80.0,
    skin: tuple[int, int, int] = (205, 155, 125),
) -> DrawnFace:
    """Skin with shading and grain, dark eyes and brows, red lips, on a green wall."""
    points = draw_points(centre, width)
    image = np.full((*size, 3), (60, 110, 70), np.uint8)

    def fill(numbers: tuple[int, ...], colour: tuple[int, int, int]) -> None:
        cv2.fillPoly(image, [cv2.convexHull(np.round(points[list(numbers)]).astype(np.int32))], colour)

    fill(OVAL, skin)
    for name in DARK:
        fill(PARTS[name], (50, 35, 30))
    fill(PARTS["mouth"], (170, 80, 85))
    light = 1 + 0.12 * np.linspace(-1, 1, size[1])[None, :, None]
    grain = np.random.default_rng(1).normal(0, 3, (*size, 3))
    return DrawnFace(np.clip(image * light + grain, 0, 255).astype(np.uint8), points)


@pytest.fixture
def face() -> DrawnFace:
    return draw_face()


@pytest.fixture
def face_maker():
    return draw_face


@pytest.fixture
def mesh_with_scores():
    """A maker of point networks that return the face's points with scripted scores, the last one for ever."""

    class Scripted:
        def __init__(self, face: DrawnFace, *scores: float):
            self.face, self.scores, self.calls = face, scores, 0

        def __call__(self, image: np.ndarray, crop: Crop) -> FacePoints:
            score = self.scores[min(self.calls, len(self.scores) - 1)]
            self.calls += 1
            return self.face.found(score)

    return Scripted
