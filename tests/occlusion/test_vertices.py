"""Vertex classes on two parallel squares: one in front, one 10 cm behind it and twice as wide."""

import numpy as np
import pytest
import torch

from manyfaces.core.errors import ChoiceError
from manyfaces.occlusion import visible_vertices
from manyfaces.occlusion.vertices import bilinear

FRONT = [[40.0, 40, 1.0], [60, 40, 1.0], [60, 60, 1.0], [40, 60, 1.0]]
BACK = [[45.0, 45, 1.1], [80, 45, 1.1], [80, 80, 1.1], [45, 80, 1.1]]
POINTS = torch.tensor(FRONT + BACK)
FACES = torch.tensor([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])


def classes(mask: np.ndarray, **options) -> str:
    found = visible_vertices(POINTS, FACES, mask, **options)
    flags = np.stack([found.visible, found.occluded, found.self_occluded])
    assert (flags.sum(0) == 1).all()
    return "".join(np.array(list("vos"))[flags.argmax(0)])


def test_without_a_mask_only_depth_decides() -> None:
    assert classes(np.zeros((100, 100), bool)) == "vvvvsvvv"


def test_a_mask_hides_what_would_be_seen_and_nothing_else() -> None:
    mask = np.zeros((100, 100), bool)
    mask[35:50, 35:50] = True  # around the first vertex, and over the one that lies behind
    assert classes(mask) == "ovvvsvvv"


@pytest.mark.parametrize(("gap", "expected"), [(2, "o"), (3, "v")])
def test_the_mask_is_made_two_pixels_wider(gap: int, expected: str) -> None:
    mask = np.zeros((100, 100), bool)
    mask[70:90, 80 + gap : 95] = True
    assert classes(mask)[6] == expected


def test_half_a_pixel_counts() -> None:
    mask = np.zeros((100, 100), bool)
    mask[30:50, 20:37] = True  # up to column 36, so 38 when made wider
    points = POINTS.clone()
    for x, expected in ((38.5, True), (38.51, False)):
        points[0, 0] = x
        assert visible_vertices(points, FACES, mask).occluded[0] == expected


def test_outside_the_picture_no_occluder_is_to_blame() -> None:
    points = POINTS.clone()
    points[6] = torch.tensor([200.0, 80.0, 1.1])
    found = visible_vertices(points, FACES, np.ones((100, 100), bool))
    assert found.self_occluded[6]
    assert not found.occluded[6]


def test_diverse3d_looks_at_no_depth_and_takes_any_touch_of_the_mask() -> None:
    mask = np.zeros((100, 100), bool)
    mask[44:46, 44:46] = True
    mask[70:90, 81:95] = True
    points = POINTS.clone()
    points[6, 0] = 80.2  # a fifth of the way to the first hidden pixel
    found = visible_vertices(points, FACES, mask, rule="diverse3d")
    assert found.occluded.tolist() == [False] * 4 + [True, False, True, False]
    assert not found.self_occluded.any()
    kept = np.arange(8) == 4
    assert visible_vertices(points, FACES, mask, rule="diverse3d", never_occluded=kept).visible[4]


def test_bilinear_is_exact_and_zero_outside() -> None:
    values = np.array([[0.0, 1.0], [2.0, 3.0]])
    at = np.array([[0, 0], [1, 1], [0.5, 0.5], [0.25, 0], [-0.5, 0], [1.5, 1], [-1, 0], [5, 5], [1, np.inf]])
    np.testing.assert_allclose(bilinear(values, at), [0, 3, 1.5, 0.25, 0, 1.5, 0, 0, 0])


def test_an_unknown_rule_lists_the_valid_ones() -> None:
    with pytest.raises((ChoiceError, TypeError), match="diverse3d"):
        visible_vertices(POINTS, FACES, np.zeros((9, 9), bool), rule="guess")  # type: ignore[arg-type]
