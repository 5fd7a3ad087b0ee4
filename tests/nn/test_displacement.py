"""What the networks of displacement maps have in common."""

import pytest
import torch
from torch import nn

from manyfaces.nn.displacement import bounded, start_flat


def test_displacements_are_bounded_and_fine():
    assert bounded(torch.tensor([-1e4, 0.0, 1e4])).tolist() == torch.tensor([-0.01, 0.0, 0.01]).tolist()
    assert bounded(torch.tensor(1e-4), 0.02).item() == pytest.approx(2e-6)  # linear in the middle


@pytest.mark.parametrize(
    ("given", "expected"), [("bfloat16", "float32"), ("float32", "float32"), ("float64", "float64")]
)
def test_displacements_are_never_of_half_precision(given, expected):
    assert bounded(torch.ones(2, dtype=getattr(torch, given))).dtype == getattr(torch, expected)


@pytest.mark.parametrize("layer", [nn.Linear(64, 64), nn.Conv2d(64, 64, 1)])
def test_a_flat_start(layer):
    torch.manual_seed(0)
    assert start_flat(layer) is layer
    assert layer.weight.std().item() == pytest.approx(1e-3, rel=0.05)
    assert not layer.bias.any()
