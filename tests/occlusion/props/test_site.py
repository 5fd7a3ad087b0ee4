"""Face millimetres, and what is read off the picture."""

import numpy as np
import pytest

from manyfaces.occlusion import Site, site_from_points
from manyfaces.occlusion.props.canvas import Canvas, canvas_around, occluder
from manyfaces.occlusion.props.relief import diffuse
from manyfaces.occlusion.props.site import MEAN_POINTS_68


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def test_face_millimetres_do_not_depend_on_where_the_face_is() -> None:
    upright = site_from_points(100 * MEAN_POINTS_68 + 40, (300, 300))
    other = site_from_points(turned(230 * MEAN_POINTS_68, 0.7) + np.array([90, -20]), (300, 300))
    np.testing.assert_allclose(upright.points_mm, other.points_mm, atol=1e-9)
    np.testing.assert_allclose(other.to_picture(other.points_mm), other.points_px, atol=1e-9)
    eyes = np.linalg.norm(upright.points_mm[45] - upright.points_mm[36])
    height = np.linalg.norm(upright.points_mm[8] - upright.points_mm[27])
    # The scale makes the longer of the two, relative to an adult's, the adult's.
    assert max(eyes / 90, height / 118) == pytest.approx(1)


def test_skin_and_light_are_read_off_the_picture(site: Site) -> None:
    np.testing.assert_allclose(site.skin / site.skin.sum(), np.array([190, 140, 110]) / 440, atol=0.01)
    assert np.linalg.norm(site.light) == pytest.approx(1)
    lit_from_the_left = site.light
    mirrored = site_from_points(site.points_px, site.size, site.picture[:, ::-1].copy())  # type: ignore[index]
    assert lit_from_the_left[0] < mirrored.light[0] - 0.1
    assert lit_from_the_left[2] > 0.5


def test_a_canvas_knows_its_millimetres(site: Site) -> None:
    canvas = canvas_around(site, np.array([[-20.0, -10.0], [20.0, 30.0]]), 3.0)
    pixels = canvas.pixels(np.array([[7.0, 11.0]]))[0]
    column, row = np.round(pixels).astype(int)
    step = 1 / site.px_per_mm
    assert canvas.x_mm[row, column] == pytest.approx(7.0, abs=0.51 * step)
    assert canvas.y_mm[row, column] == pytest.approx(11.0, abs=0.51 * step)


def test_filling_keeps_the_area(site: Site) -> None:
    canvas = canvas_around(site, np.array([[-40.0, -40.0], [40.0, 40.0]]), 5.0)
    square = np.array([[-20.0, -20.0], [20.0, -20.0], [20.0, 20.0], [-20.0, 20.0]])
    assert canvas.fill(square, 1.0).sum() == pytest.approx((40 * site.px_per_mm) ** 2, rel=0.06)


def test_layers_lie_over_one_another(site: Site) -> None:
    canvas = Canvas(site, 10, 20, 2, 3)
    red = canvas.layer(np.array([1.0, 0, 0]), np.full((2, 3), 0.5))
    blue = canvas.layer(np.array([0, 0, 1.0]), np.full((2, 3), 0.5))
    made = occluder("test", [red, blue])
    # Porter and Duff's "over": 0.5 blue, 0.25 red, opacity 0.75.
    np.testing.assert_allclose(made.rgba[10, 20], [1 / 3, 0, 2 / 3, 0.75], atol=1e-6)
    assert made.mask.sum() == 6


def test_a_plane_is_as_bright_as_lambert_says(site: Site) -> None:
    canvas = Canvas(site, 50, 50, 40, 40)
    towards = site.light[:2] / np.linalg.norm(site.light[:2])
    columns, rows = np.meshgrid(np.arange(40), np.arange(40))
    # Rising away from the light by 45 degrees: height falls towards it by one mm a mm.
    along = (columns * towards[0] + rows * towards[1]) / site.px_per_mm
    facing, averted = (diffuse((sign * along).astype(np.float32), canvas, 0.0)[20, 20] for sign in (-1, 1))
    normal_to_light = np.array([np.linalg.norm(site.light[:2]), site.light[2]]) / np.sqrt(2)
    assert facing == pytest.approx(0.42 + 0.58 * normal_to_light.sum(), abs=0.01)
    assert averted == pytest.approx(0.42 + 0.58 * max(normal_to_light[1] - normal_to_light[0], 0), abs=0.01)
