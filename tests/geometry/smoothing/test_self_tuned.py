import math

import pytest
import torch

from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.geometry.smoothing import ROTATIONS, SelfTuned


def steps(smoother, values, times_s):
    state, states = None, []
    for value, time_s in zip(values, times_s, strict=True):
        state = smoother.step(state, value, time_s)
        states.append(state)
    return states


@pytest.mark.parametrize("start", [0.01, 1.0, 20.0])
def test_the_noise_is_found_from_any_start(start):
    generator = torch.Generator().manual_seed(0)
    scales = torch.tensor([0.2, 1.0, 5.0]).repeat_interleave(50)
    values = torch.randn(200, 150, generator=generator) * scales + torch.arange(200)[:, None] * 3.0  # moving evenly
    states = steps(SelfTuned(start), values, [k / 30 for k in range(200)])
    ratio = (states[-1].noise / scales).reshape(3, 50).mean(1)
    assert ((ratio > 0.85) & (ratio < 1.15)).all()
    tremble = torch.stack([s.value for s in states[80:]]) - torch.arange(80, 200)[:, None] * 3.0
    assert (tremble.square().mean(0).sqrt() / scales).mean() < 0.4


def test_uneven_times_do_not_look_like_noise():
    generator = torch.Generator().manual_seed(1)
    times = torch.tensor([1.0, 2.0, 4.0]).repeat(80).cumsum(0) / 60
    values = torch.randn(240, 100, generator=generator) + 50 * times[:, None]
    noise = steps(SelfTuned(0.1), values, times.tolist())[-1].noise
    assert float(noise.mean()) == pytest.approx(1, abs=0.1)


def test_rotations_in_all_three_axes():
    generator = torch.Generator().manual_seed(2)
    noise = matrix_from_axis_angle(0.01 * torch.randn(150, 40, 3, generator=generator))
    even = matrix_from_axis_angle(torch.linspace(0, 2, 150)[:, None, None] * torch.tensor([0.0, 1.0, 0.0]))
    found = steps(SelfTuned(0.1, ROTATIONS), even @ noise, [k / 30 for k in range(150)])[-1].noise
    assert float(found.mean()) == pytest.approx(0.01, rel=0.12)


def test_exact_repetition_does_not_end_at_nothing():
    states = steps(SelfTuned(1.0), torch.zeros(400, 1), [k / 30 for k in range(400)])
    assert states[-1].noise.item() == pytest.approx(0.001)
    assert len(states[-1].measured) == 2


def test_a_pause_keeps_the_noise_and_forgets_the_rest():
    values = torch.randn(60, 1, generator=torch.Generator().manual_seed(3))
    before = steps(SelfTuned(1.0), values, [k / 30 for k in range(60)])[-1]
    after = SelfTuned(1.0).step(before, torch.tensor([50.0]), 9.0)
    assert after.value.item() == 50
    assert after.noise == before.noise
    assert len(after.measured) == 1
    assert math.isclose(after.time_s, 9.0)
