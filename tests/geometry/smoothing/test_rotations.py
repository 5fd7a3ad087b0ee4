"""Rotations: about one axis they are numbers; and no frame is preferred."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from manyfaces.geometry import axis_angle_from_matrix, matrix_from_axis_angle
from manyfaces.geometry.smoothing import ROTATIONS, ConstantVelocity, Filter, OneEuro, smooth_sequence

NOISE = 0.01
"""Radians, each axis."""


@pytest.fixture(params=[OneEuro, ConstantVelocity])
def turning(request: pytest.FixtureRequest) -> Filter:
    return request.param.for_noise(NOISE, ROTATIONS)


@pytest.fixture
def trembling(swing: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    about = swing[:, None] * torch.tensor([0.0, 0.8, 0.6], dtype=torch.float64)
    shaken = NOISE * torch.randn(len(swing), 3, generator=generator, dtype=torch.float64)
    return matrix_from_axis_angle(about) @ matrix_from_axis_angle(shaken)


def angle_between(a: Tensor, b: Tensor) -> Tensor:
    return axis_angle_from_matrix(a.mT @ b).norm(dim=-1)


def test_a_constant_rotation_stays_what_it_is(turning: Filter, times_s: Tensor) -> None:
    constant = matrix_from_axis_angle(torch.tensor([0.3, -2.0, 1.1]))
    smoothed = smooth_sequence(turning, constant.expand(600, 3, 3), times_s)
    assert angle_between(smoothed, constant.expand(600, 3, 3)).max() < 1e-6


def test_about_one_axis_they_are_numbers(turning: Filter, swing: Tensor, times_s: Tensor) -> None:
    generator = torch.Generator().manual_seed(2)
    angles = 2.0 + swing + NOISE * torch.randn(600, generator=generator, dtype=torch.float64)
    axis = torch.tensor([2.0, -1.0, 2.0], dtype=torch.float64) / 3
    smoothed = smooth_sequence(turning, matrix_from_axis_angle(angles[:, None] * axis), times_s)
    plain = type(turning).for_noise(NOISE)  # type: ignore[attr-defined]
    if isinstance(plain, ConstantVelocity):
        # What surprises in three numbers is judged by their mean square.
        plain = replace(plain, surprise=plain.surprise * math.sqrt(3))
    expected = smooth_sequence(plain, angles, times_s)
    assert angle_between(smoothed, matrix_from_axis_angle(expected[:, None] * axis)).max() < 1e-9


def test_steady_turning_is_followed_without_lag(times_s: Tensor) -> None:
    turned = matrix_from_axis_angle((times_s * 3.0)[:, None] * torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64))
    smoothed = smooth_sequence(ConstantVelocity.for_noise(NOISE, ROTATIONS), turned, times_s)
    assert angle_between(smoothed, turned)[30:].max() < 1e-4  # radians; it turns 0.1 a frame, beyond pi and 2 pi too


def test_no_frame_is_preferred(turning: Filter, trembling: Tensor, times_s: Tensor) -> None:
    left, right = (matrix_from_axis_angle(torch.tensor(v, dtype=torch.float64)) for v in ([1, 2, -1], [-2, 0.4, 0.3]))
    moved = smooth_sequence(turning, left @ trembling @ right, times_s)
    assert angle_between(moved, left @ smooth_sequence(turning, trembling, times_s) @ right).max() < 1e-7


def test_a_head_at_rest_trembles_less_and_stays_a_rotation(turning: Filter, times_s: Tensor) -> None:
    generator = torch.Generator().manual_seed(4)
    shaken = matrix_from_axis_angle(NOISE * torch.randn(600, 8, 3, generator=generator))
    smoothed = smooth_sequence(turning, shaken, times_s)
    tremble = axis_angle_from_matrix(smoothed[60:]).square().mean().sqrt()
    assert tremble <= 0.35 * NOISE
    unit = smoothed.mT @ smoothed
    assert torch.allclose(unit, torch.eye(3).expand_as(unit), atol=1e-6)
