import math
from itertools import pairwise

import pytest
import torch

from manyfaces.losses import margin_cross_entropy

CENTRES = torch.tensor([[2.0, 0.0], [0.0, 0.5]], dtype=torch.float64)


def at(degrees: float) -> torch.Tensor:
    angle = math.radians(degrees)
    return torch.tensor([[3 * math.cos(angle), 3 * math.sin(angle)]], dtype=torch.float64)


def expected(right: float, wrong: float, scale: float) -> float:
    return math.log1p(math.exp(scale * (wrong - right)))


@pytest.mark.parametrize("degrees", [5, 30, 60, 90, 140])
def test_the_angle_to_the_right_centre_grows_by_the_margin(degrees: float):
    angle = math.radians(degrees)
    value = margin_cross_entropy(at(degrees), CENTRES, torch.tensor([0]), margin=0.5, scale=4.0)
    assert float(value) == pytest.approx(expected(math.cos(angle + 0.5), math.sin(angle), 4.0), rel=1e-6)


def test_without_margin_it_is_plain_cross_entropy():
    value = margin_cross_entropy(at(30), CENTRES, torch.tensor([0]), margin=0.0, scale=4.0)
    assert float(value) == pytest.approx(expected(math.cos(math.pi / 6), 0.5, 4.0), rel=1e-6)


def test_it_rises_with_the_angle_also_where_the_margin_would_pass_half_a_turn():
    # The wrong centre stays at a right angle.
    centres = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    angles = torch.linspace(0.01, math.pi - 0.01, 200, dtype=torch.float64)
    features = torch.stack([angles.cos(), angles.sin(), torch.zeros_like(angles)], -1)
    values = [float(margin_cross_entropy(row[None], centres, torch.tensor([0]), 0.5, 8.0)) for row in features]
    assert min(later - earlier for earlier, later in pairwise(values)) > 0


def test_gradient_also_on_the_centre():
    features = at(40).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: margin_cross_entropy(f, CENTRES, torch.tensor([0])), features)
    on_it = at(0).requires_grad_()
    margin_cross_entropy(on_it, CENTRES, torch.tensor([0])).backward()
    assert on_it.grad is not None
    assert bool(on_it.grad.isfinite().all())
