import cv2
import numpy as np
import pytest

from manyfaces.detect import FacePoints
from manyfaces.occlusion.cutouts import part_responses
from manyfaces.occlusion.zones import PARTS


class SeesTheMouth:
    """A point network with one rule: a red mouth gives 2 logits, and without it the mouth's points slip by 3 px."""

    def __init__(self, face):
        self.face, self.inputs = face, []

    def __call__(self, image, crop):
        self.inputs.append(image.copy())
        area = cv2.convexHull(np.round(self.face.points[list(PARTS["mouth"])]).astype(np.int32))
        inside = cv2.fillPoly(np.zeros(image.shape[:2], np.uint8), [area], (1,)) > 0
        red, green, _ = image[inside].astype(float).mean(0)
        seen = red - green > 65
        points = self.face.points.copy()
        points[list(PARTS["mouth"]), 1] += 0 if seen else 3
        logit = 2.0 if seen else 0.0
        return FacePoints(points.astype(np.float32), np.zeros(468, np.float32), 1 / (1 + np.exp(-logit)), crop)


def test_the_loss_of_a_seen_part_is_noticed(face_maker):
    face = face_maker(size=(192, 192), centre=(95.5, 95.5))
    mesh = SeesTheMouth(face)
    responses = part_responses(face.image, face.points, mesh)
    assert set(responses) == set(PARTS)
    assert responses["mouth"] == pytest.approx(2 + 3, abs=1e-3)
    assert all(
        value == pytest.approx(0, abs=1e-6) for name, value in responses.items() if name not in ("mouth", "chin")
    )
    assert len(mesh.inputs) == 1 + len(PARTS)
    np.testing.assert_array_equal(mesh.inputs[0], face.image)


def test_a_hidden_part_is_not_missed(face_maker):
    face = face_maker(size=(192, 192), centre=(95.5, 95.5))
    image = face.image.copy()
    image[110:150, 60:130] = (60, 60, 60)
    assert part_responses(image, face.points, SeesTheMouth(face))["mouth"] == pytest.approx(0, abs=1e-6)
