import cv2
import numpy as np
import pytest
from skimage import data

from manyfaces.assets import fetch
from manyfaces.detect import FaceDetector
from manyfaces.io.litert import load_network

FACE = np.array([180.0, 70, 267, 168])
"""The face of the portrait, by eye."""


@pytest.fixture(scope="module")
def detect():
    names = ("face_detection_short_range", "face_detection_full_range")
    return FaceDetector(*(load_network(fetch(name)) for name in names))


@pytest.fixture(scope="module")
def portrait():
    return np.ascontiguousarray(data.astronaut())


def assert_one_face(faces, box, tolerance=0.25):
    assert len(faces) == 1
    side = (box[2:] - box[:2]).max()
    np.testing.assert_allclose(faces[0].box_px, box, atol=tolerance * side)


def test_one_face(detect, portrait):
    (face,) = faces = detect(portrait)
    assert_one_face(faces, FACE)
    assert 0.5 < face.score < 1
    right_eye, left_eye, nose, mouth = face.keypoints_px[:4]
    assert right_eye[0] < nose[0] < left_eye[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < mouth[1]


def test_a_mirrored_picture_has_a_mirrored_face(detect, portrait):
    (one,), (two,) = detect(portrait), detect(np.ascontiguousarray(portrait[:, ::-1]))
    np.testing.assert_allclose(511 - two.box_px[[2, 1, 0, 3]] * [1, -1, 1, -1] - [0, 511, 0, 511], one.box_px, atol=3)


@pytest.mark.parametrize(
    "hidden", [(175, 120, 275, 175), (175, 85, 275, 118), (175, 60, 222, 175), (222, 60, 275, 175)]
)
def test_a_partly_hidden_face(detect, portrait, hidden):
    x0, y0, x1, y1 = hidden
    picture = portrait.copy()
    picture[y0:y1, x0:x1] = (90, 120, 60)
    faces = detect(picture)
    assert faces
    assert_one_face(faces[:1], FACE, 0.4)


@pytest.mark.parametrize("size", [120, 250, 1200, 2000])
def test_a_face_of_any_size(detect, portrait, size):
    picture = cv2.resize(portrait, (size, size), interpolation=cv2.INTER_AREA)
    assert_one_face(detect(picture)[:1], FACE * size / 512)


def test_a_face_that_fills_the_picture(detect, portrait):
    faces = detect(np.ascontiguousarray(portrait[60:180, 165:285]))
    assert_one_face(faces, FACE - [165, 60, 165, 60])


def test_small_faces_in_a_large_picture(detect, portrait):
    picture = np.empty((900, 1200, 3), np.uint8)
    picture[:] = np.linspace(60, 180, 1200)[:, None]
    small = cv2.resize(portrait[10:235, 110:335], (75, 75), interpolation=cv2.INTER_AREA)
    corners = [(20, 30), (1000, 100), (500, 700)]
    for x, y in corners:
        picture[y : y + 75, x : x + 75] = small
    faces = detect(picture)
    assert len(faces) == 3
    for x, y in corners:
        expected = (FACE - [110, 10, 110, 10]) / 3 + [x, y, x, y]
        assert min(np.abs(face.box_px - expected).max() for face in faces) < 10


@pytest.mark.parametrize("angle", [-30, 30])
def test_a_tilted_face(detect, portrait, angle):
    matrix = cv2.getRotationMatrix2D((223.0, 119.0), angle, 1.0)
    faces = detect(cv2.warpAffine(portrait, matrix, (512, 512)))
    assert_one_face(faces[:1], FACE)
    eyes = faces[0].keypoints_px[1] - faces[0].keypoints_px[0]
    assert np.degrees(np.arctan2(eyes[1], eyes[0])) == pytest.approx(-angle - 5, abs=12)


def test_no_face_in_pictures_without_one(detect):
    assert detect(np.full((300, 400, 3), 128, np.uint8)) == []
    rng = np.random.default_rng(0)
    assert detect(cv2.GaussianBlur(rng.integers(0, 256, (480, 640, 3), dtype=np.uint8), (0, 0), 9)) == []
    assert detect(np.full((32, 900, 3), 200, np.uint8)) == []


def test_a_higher_score_asks_for_more(detect, portrait):
    (face,) = detect(portrait)
    assert detect(portrait, min_score=min(face.score + 0.01, 0.99)) == []
