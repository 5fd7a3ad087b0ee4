import numpy as np
import pytest

from manyfaces.detect import FacePoints
from manyfaces.detect.observation import from_crop_units, hidden_at, hidden_cells, observe, to_crop_units
from manyfaces.geometry import Crop

CROP = Crop((100.0, 80.0), 64.0, 0.3)


def test_crop_units_there_and_back():
    points = np.random.default_rng(0).uniform(0, 200, (468, 2))
    np.testing.assert_allclose(from_crop_units(to_crop_units(points, CROP), CROP), points, atol=1e-3)


def test_the_middle_is_zero_and_the_edge_is_one():
    edge = np.array([[100.0, 80.0], [100 + 32 * np.cos(0.3), 80 + 32 * np.sin(0.3)]])
    np.testing.assert_allclose(to_crop_units(edge, CROP), [[0, 0], [1, 0]], atol=1e-6)


def test_cells_measure_the_hidden_share():
    mask = np.zeros((160, 200), bool)
    mask[:, 100:] = True
    cells = hidden_cells(mask, Crop((99.5, 79.5), 64.0))
    assert cells[:, :8].max() < 0.15
    assert cells[:, 8:].min() > 0.85
    assert cells.mean() == pytest.approx(0.5, abs=0.02)


def test_outside_the_picture_is_hidden():
    cells = hidden_cells(np.zeros((50, 50), bool), Crop((0.0, 25.0), 40.0))
    assert cells[:, :7].min() == 1
    assert cells[:, 9:].max() == 0


def test_points_read_their_cell():
    hidden = np.zeros((16, 16), np.float32)
    hidden[:8] = 1
    points = np.array([[0.0, -0.5], [0.0, 0.5], [0.0, 0.0]], np.float32)
    np.testing.assert_allclose(hidden_at(points, hidden), [1, 0, 0.5])


def test_observe_scales_with_the_crop():
    points = FacePoints(np.full((468, 2), 100, np.float32), np.full(468, 32, np.float32), 0.5, CROP)
    seen = observe(points, np.zeros((160, 200), bool))
    np.testing.assert_allclose(seen.depth, 1)
    assert seen.points.shape == (468, 2)
