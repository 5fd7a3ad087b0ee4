"""Signals at 30 frames a second."""

import math

import pytest
import torch
from torch import Tensor

from manyfaces.geometry.smoothing import ConstantVelocity, Filter, OneEuro

FPS = 30
ARRIVAL = 300
"""Frame at which the step is there."""


@pytest.fixture(params=[OneEuro(), ConstantVelocity()], ids=lambda smoother: type(smoother).__name__)
def smoother(request: pytest.FixtureRequest) -> Filter:
    return request.param


@pytest.fixture(scope="session")
def times_s() -> Tensor:
    return torch.arange(600, dtype=torch.float64) / FPS


@pytest.fixture(scope="session")
def noise() -> Tensor:
    """(600, 200), 1 px."""
    return torch.randn(600, 200, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="session")
def step_px(times_s: Tensor) -> Tensor:
    return 10.0 * (torch.arange(len(times_s)) >= ARRIVAL)[:, None].float()


@pytest.fixture(scope="session")
def swing() -> Tensor:
    """Angle of a slow swing, 600 frames, radians."""
    return 0.8 * torch.sin(2 * math.pi * 0.4 * torch.arange(600, dtype=torch.float64) / FPS)
