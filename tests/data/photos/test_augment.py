"""One occluder, in both crops at the same place of the face."""

import cv2
import numpy as np
import pytest

from manyfaces.data.photos.augment import OcclusionAugment, mean_face
from manyfaces.detect.alignment import ARCFACE_TEMPLATE_112
from manyfaces.occlusion import OCCLUDER_KINDS

ALIGNED, PORTRAIT = np.full((112, 112, 3), 128, np.uint8), np.full((224, 224, 3), 128, np.uint8)
FIVE_ROWS = (slice(36, 42), slice(42, 48), slice(30, 31), slice(48, 49), slice(54, 55))


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.abs(after.astype(int) - before).max(-1) > 12


def test_the_mean_face_fits_both_crops() -> None:
    face = mean_face()
    low, high = face.points_68_px.min(0), face.points_68_px.max(0)
    assert (low > 30).all()
    assert (high < 194).all()
    five = np.stack([face.points_68_px[rows].mean(0) for rows in FIVE_ROWS])
    moved = five @ face.aligned_from_portrait[:, :2].T + face.aligned_from_portrait[:, 2]
    assert np.linalg.norm(moved - ARCFACE_TEMPLATE_112, axis=1).max() < 5


@pytest.mark.parametrize("kind", OCCLUDER_KINDS)
def test_both_crops_show_the_same_occluder(kind: str) -> None:
    augment = OcclusionAugment(1.0, (kind,))
    overlaps = []
    for seed in range(6):
        small, large = augment(ALIGNED, PORTRAIT, np.random.default_rng(seed))
        hidden = changed(PORTRAIT, large).astype(np.uint8)
        carried = cv2.warpAffine(hidden, mean_face().aligned_from_portrait, (112, 112), flags=cv2.INTER_NEAREST) > 0
        seen = changed(ALIGNED, small)
        if carried.any():
            overlaps.append((seen & carried).sum() / (seen | carried).sum())
    assert np.median(overlaps) > 0.75


def test_nothing_is_done_at_probability_zero() -> None:
    small, large = OcclusionAugment(0.0)(ALIGNED, PORTRAIT, np.random.default_rng(0))
    assert small is ALIGNED
    assert large is PORTRAIT


def test_what_is_handed_in_stays_as_it_was() -> None:
    OcclusionAugment(1.0)(ALIGNED, PORTRAIT, np.random.default_rng(1))
    assert (ALIGNED == 128).all()
    assert (PORTRAIT == 128).all()
