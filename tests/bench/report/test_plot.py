import numpy as np
import pytest
import torch

from manyfaces.bench.report import Curve, cumulative_curve, draw_curves, draw_error_map
from manyfaces.bench.report.plot import COLOURS, nice_ticks


def test_a_cumulative_curve_counts_what_is_not_above() -> None:
    curve = cumulative_curve("c", np.array([1, 2, 2, np.nan]), 4, 5)
    assert curve.x.tolist() == [0, 1, 2, 3, 4]
    assert curve.y.tolist() == [0, 25, 75, 75, 75]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 8, [0, 2, 4, 6, 8]), (0, 100, [0, 20, 40, 60, 80, 100]), (0.1, 0.32, [0.1, 0.15, 0.2, 0.25, 0.3])],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(ticks)


def test_lines_go_where_their_values_are() -> None:
    flat = Curve("c", np.array([0.0, 10.0]), np.array([25.0, 25.0]))
    page = draw_curves("title", "x", "y", [flat]).astype(int)
    inside = page[68:562, 84:600]  # within the axes, left of the key
    rows = np.flatnonzero((np.abs(inside - COLOURS[0]).sum(-1) < 60).mean(1) > 0.9)
    # A quarter of the way up from the lower axis.
    assert rows.mean() == pytest.approx(0.75 * (640 - 78 - 68), abs=1.5)


def test_an_error_map_colours_what_was_measured() -> None:
    vertices = torch.tensor([[-0.1, -0.1, 0], [0.1, -0.1, 0], [0.1, 0.1, 0], [-0.1, 0.1, 0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    none = torch.tensor([float("nan")] * 3 + [0.0])
    grey, coloured = (draw_error_map(vertices, faces, e).astype(int) for e in (none, torch.tensor([0.0, 1, 2, 3])))
    centre = (slice(200, 240), slice(200, 240))
    assert np.ptp(grey[centre], axis=-1).max() < 40
    assert np.ptp(coloured[centre], axis=-1).max() > 80
