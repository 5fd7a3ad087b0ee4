import cv2
import numpy as np
import pytest

from manyfaces.detect.sharpness import sharpness
from manyfaces.geometry.crop import Crop


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    """Blobs of all sizes in place of a face, 512 px."""
    rng, picture = np.random.default_rng(0), np.zeros((512, 512), np.float32)
    for size in (4, 8, 16, 32, 64, 128):
        picture += size**0.5 * cv2.resize(rng.normal(size=(size, size)).astype(np.float32), (512, 512))
    grey = 110 + 30 * (picture - picture.mean()) / picture.std()
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, 2)


WHOLE = Crop((255.5, 255.5), 512.0)


def test_blur_lowers_it_step_by_step(face: np.ndarray) -> None:
    measured = [sharpness(cv2.GaussianBlur(face, (0, 0), sigma), WHOLE) for sigma in (0.5, 4, 8, 16)]
    assert measured == sorted(measured, reverse=True)
    assert measured[1] < 0.5 * measured[0]
    assert measured[3] < 0.05 * measured[0]


def test_light_contrast_and_distance_do_not(face: np.ndarray) -> None:
    usual = sharpness(face, WHOLE)
    dim = (30 + 0.4 * face.astype(np.float32)).astype(np.uint8)
    assert sharpness(dim, WHOLE) == pytest.approx(usual, rel=0.1)
    farther = cv2.resize(face, (256, 256), interpolation=cv2.INTER_AREA)
    assert sharpness(farther, Crop((127.5, 127.5), 256.0)) == pytest.approx(usual, rel=0.1)


def test_faces_of_few_pixels_are_unsharp(face: np.ndarray) -> None:
    tiny = cv2.resize(face, (24, 24), interpolation=cv2.INTER_AREA)
    assert sharpness(tiny, Crop((11.5, 11.5), 24.0)) < 0.2 * sharpness(face, WHOLE)


def test_a_flat_picture_has_none() -> None:
    assert sharpness(np.full((64, 64, 3), 90, np.uint8), Crop((31.5, 31.5), 64.0)) == 0
