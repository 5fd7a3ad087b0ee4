import numpy as np
import pytest

from manyfaces.bench.face_points import PointFinder, RememberingDetector
from manyfaces.detect import FaceBox, FaceDetector, FaceMesh, crop_from_box

EYES = np.array([[20.0, 20], [40, 20], [30, 30], [30, 40], [10, 25], [50, 25]])


class TwoFaces(FaceDetector):
    """Always the same two faces; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, image: np.ndarray, min_score: float = 0.5) -> list[FaceBox]:
        self.asked += 1
        return [FaceBox(np.array([x, 10.0, x + 40, 50]), EYES + np.array([x - 10.0, 0]), 0.9) for x in (10.0, 60.0)]


def point_network(tensor: np.ndarray) -> list[np.ndarray]:
    """Says that all points lie in the middle of the crop."""
    return [np.full((1, 1404), 96.0, np.float32), np.full((1, 1), 5.0, np.float32)]


def test_points_are_those_of_the_chosen_face() -> None:
    find = PointFinder(TwoFaces(), FaceMesh(point_network))
    image = np.zeros((60, 120, 3), np.uint8)
    seen = []

    def second(boxes: np.ndarray) -> int:
        seen.append(boxes)
        return 1

    points = find(image, second)
    assert points is not None
    box = TwoFaces()(image)[1]
    # The network's 96 of 192 is the crop's middle.
    assert points[7] == pytest.approx(crop_from_box(box).centre_px, abs=1e-3)
    assert seen[0][:, 0].tolist() == [10, 60]
    assert find(image, lambda boxes: None) is None


def test_a_picture_is_looked_at_once() -> None:
    inner = TwoFaces()
    detector = RememberingDetector(inner)
    image = np.zeros((60, 120, 3), np.uint8)
    assert detector(image) is detector(image.copy())
    assert inner.asked == 1
    other = image.copy()
    other[3, 4] = 1
    detector(other)
    detector(image.reshape(120, 60, 3))  # the same bytes in another shape
    detector(image, 0.4)
    assert inner.asked == 4
