import math

import pytest
import torch

from manyfaces.metrics import colour_spread, frame_errors, view_spread_px
from manyfaces.metrics.frame_points import normalised, normalised_square

TRUTH = torch.tensor([[[3.0, 4.0], [30.0, 40.0]]])


def test_errors_by_hand() -> None:
    # The first point moves by (3, 4), straight away from the origin; the second by (0, -40), to 30 from 50.
    errors = frame_errors(torch.tensor([[[6.0, 8.0], [30.0, 0.0]]]), TRUTH)
    assert errors.me_px.item() == pytest.approx((5 + 40) / 2)
    assert errors.me_radial_px.item() == pytest.approx((5 + 20) / 2)
    assert errors.mse_x.item() == pytest.approx(9 / 2)
    assert errors.mse_y.item() == pytest.approx((16 + 1600) / 2)


def test_the_radial_form_does_not_see_a_turn_about_the_origin() -> None:
    errors = frame_errors(torch.tensor([[[4.0, -3.0], [50.0, 0.0]]]), TRUTH)
    assert errors.me_radial_px.item() == pytest.approx(0, abs=1e-5)
    assert errors.me_px.item() > 5


def test_me_is_bounded_by_the_axes() -> None:
    # Jensen: ME <= sqrt(MSEx + MSEy), which two rows of the paper's tables break.
    points, truth = torch.rand(2, 50, 68, 2, generator=torch.Generator().manual_seed(0)) * 224
    errors = frame_errors(points, truth)
    assert (errors.me_px <= (errors.mse_x + errors.mse_y).sqrt()).all()


def test_normalised_is_percent_of_the_frame() -> None:
    assert normalised(2.24) == pytest.approx(1)
    assert normalised_square(2.24**2) == pytest.approx(1)
    assert normalised(1.5232) == pytest.approx(0.68)


def test_spread_of_views_by_hand() -> None:
    # Two views, one point, 6 px apart: each is 3 px from the mean.
    assert view_spread_px(torch.tensor([[[0.0, 0.0]], [[6.0, 0.0]]])).item() == pytest.approx(3)
    assert view_spread_px(torch.ones(4, 7, 68, 2)).tolist() == [0, 0, 0, 0]


def test_colour_spread_by_hand() -> None:
    # Red takes the values 1, 2, 3, 4, 5 behind five occluders: deviation sqrt(2); green and blue stay.
    means = torch.tensor([[k, 7.0, 9.0] for k in (1.0, 2.0, 3.0, 4.0, 5.0)])
    assert colour_spread(means).item() == pytest.approx(math.sqrt(2) / 3)
