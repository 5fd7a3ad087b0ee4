"""The squares have the sides that the documentation states, as shares of the face's width."""

import numpy as np
import pytest

from manyfaces.occlusion import Site, draw_occluder, site_from_box
from manyfaces.occlusion.props.outlines import bezier, smooth_closed, star


@pytest.fixture
def large() -> Site:
    """140 pixels wide, as in the paper's pictures; upright."""
    site = site_from_box(np.array([150.0, 150.0, 290.0, 290.0]), (440, 440))
    width = np.ptp(site.face_box_mm[:, 0]) * site.px_per_mm
    assert width == pytest.approx(140, abs=0.5)
    return site


def sides(mask: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(mask)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def test_shofi_is_one_square_over_the_middle(large: Site) -> None:
    for seed in range(10):
        mask = draw_occluder("shofi", large, np.random.default_rng(seed)).mask
        height, width = sides(mask)
        assert abs(height - width) <= 1
        assert 128 <= width <= 162
        assert mask.sum() == pytest.approx(height * width, rel=0.02)
        middle = np.argwhere(mask).mean(0)[::-1]
        np.testing.assert_allclose(middle, large.to_picture(large.face_box_mm.mean(0)), atol=1)


@pytest.mark.parametrize(("kind", "low", "high"), [("dsofi", 35, 55), ("dhofi", 80, 100)])
def test_two_squares_of_the_stated_sides(large: Site, kind: str, low: float, high: float) -> None:
    for seed in range(10):
        mask = draw_occluder(kind, large, np.random.default_rng(seed)).mask
        assert 2 * low**2 * (0.95 if kind == "dsofi" else 0.75) < mask.sum() < 2.05 * high**2
        box = large.to_picture(large.face_box_mm)
        rows, columns = np.nonzero(mask)
        assert columns.min() >= box[0, 0] - 1
        assert columns.max() <= box[1, 0] + 1
        assert rows.min() >= box[0, 1] - 1
        assert rows.max() <= box[1, 1] + 1


def test_a_star_has_its_first_point_upwards() -> None:
    outline = star(5, 0.4)
    np.testing.assert_allclose(outline[0], [0, -1], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(outline, axis=1), [1.0, 0.4] * 5)


def test_smooth_curves_go_through_their_corners() -> None:
    corners = np.array([[0.0, 0.0], [4.0, 1.0], [5.0, 5.0], [1.0, 4.0]])
    np.testing.assert_allclose(smooth_closed(corners, 8)[::8], corners)


def test_a_bezier_curve_of_a_straight_line_is_straight() -> None:
    line = bezier(np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), 7)
    np.testing.assert_allclose(line, np.linspace(0, 1, 7)[:, None] * [3.0, 6.0], atol=1e-12)
