"""The published algorithm, by hand."""

import math

import torch

from manyfaces.geometry.smoothing import OneEuro


def test_three_steps_by_hand() -> None:
    setting = OneEuro(min_cutoff_hz=1.0, speed_gain=0.05, speed_cutoff_hz=2.0)
    state = None
    for value, time_s in ((4.0, 0.0), (6.0, 0.04), (3.0, 0.1)):
        state = setting.step(state, torch.tensor([value], dtype=torch.float64), time_s)

    def weight(cutoff: float, passed: float) -> float:
        return 1 / (1 + 1 / (2 * math.pi * cutoff) / passed)

    speed = weight(2.0, 0.04) * (6 - 4) / 0.04
    smoothed = 4 + weight(1.0 + 0.05 * speed, 0.04) * (6 - 4)
    speed += weight(2.0, 0.06) * ((3 - smoothed) / 0.06 - speed)
    smoothed += weight(1.0 + 0.05 * abs(speed), 0.06) * (3 - smoothed)
    assert state is not None
    assert math.isclose(state.value.item(), smoothed, rel_tol=1e-12)
    assert math.isclose(state.speed.item(), speed, rel_tol=1e-12)
    assert state.time_s == 0.1


def test_channels_do_not_know_of_each_other() -> None:
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(20, 2, generator=generator)
    both = left = None
    for k, value in enumerate(values):
        both = OneEuro().step(both, value, k / 30)
        left = OneEuro().step(left, value[:1], k / 30)
    assert both is not None
    assert left is not None
    assert torch.equal(both.value[:1], left.value)
