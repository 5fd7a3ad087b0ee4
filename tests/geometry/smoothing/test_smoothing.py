"""What every filter must do: be still, not lag, take any timestamps, begin anew after a gap."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from manyfaces.geometry.smoothing import LONGEST_GAP_S, ConstantVelocity, Filter, OneEuro, smooth_sequence

FPS = 30
ARRIVAL = 300


def frames_until(smoothed: Tensor, level: float) -> int:
    """Frames after that of the step's arrival until the level is reached; 0 at that frame itself."""
    return int((smoothed[ARRIVAL:, 0] >= level).int().argmax())


def test_a_still_point_trembles_less(smoother: Filter, noise: Tensor, times_s: Tensor) -> None:
    smoothed = smooth_sequence(smoother, noise, times_s)[60:]
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert smoothed.square().mean().sqrt() <= 0.3


def test_half_of_a_step_is_there_after_at_most_one_frame(
    smoother: Filter, step_px: Tensor, noise: Tensor, times_s: Tensor
) -> None:
    clean = smooth_sequence(smoother, step_px, times_s)
    noisy = smooth_sequence(smoother, step_px + noise, times_s).mean(1, keepdim=True)
    for smoothed in (clean, noisy):
        assert frames_until(smoothed, 5.0) <= 1
        assert frames_until(smoothed, 9.0) <= (4 if isinstance(smoother, OneEuro) else 2)
        assert smoothed.max() <= 10 + 1.5


def test_lag_on_a_ramp(smoother: Filter, times_s: Tensor) -> None:
    speed = 100.0  # px/s
    ramp = (speed * times_s)[:, None].float()
    lag = FPS / speed * (ramp - smooth_sequence(smoother, ramp, times_s))[-1].item()
    assert abs(lag) <= (0.85 if isinstance(smoother, OneEuro) else 1e-3)


def test_a_constant_stays_what_it_is(smoother: Filter, times_s: Tensor) -> None:
    constant = torch.full((600, 2), 123.456)
    assert torch.equal(smooth_sequence(smoother, constant, times_s), constant)


def test_only_what_passed_counts_not_when_it_began(smoother: Filter, noise: Tensor, times_s: Tensor) -> None:
    begun_later = smooth_sequence(smoother, noise, times_s + 4096)
    assert torch.allclose(begun_later, smooth_sequence(smoother, noise, times_s), atol=1e-4)


@pytest.mark.parametrize("fps", [25, 60, 120])
def test_other_rates_and_uneven_ones_give_the_same_curve(smoother: Filter, fps: int) -> None:
    def curve(times_s: Tensor) -> Tensor:
        return 20 * torch.sin(2 * math.pi * 0.4 * times_s)[:, None]

    generator = torch.Generator().manual_seed(fps)
    even = torch.arange(12 * fps, dtype=torch.float64) / fps
    uneven = even + (torch.rand(len(even), generator=generator, dtype=torch.float64) - 0.5) * 0.6 / fps
    for times in (even, uneven):
        error = (smooth_sequence(smoother, curve(times), times) - curve(times))[2 * fps :]
        at_30 = torch.arange(12 * FPS, dtype=torch.float64) / FPS
        usual = (smooth_sequence(smoother, curve(at_30), at_30) - curve(at_30))[2 * FPS :]
        assert error.abs().max() <= 1.35 * usual.abs().max() + 0.1


def test_after_a_gap_it_begins_anew(smoother: Filter) -> None:
    state = None
    for k in range(60):
        state = smoother.step(state, torch.tensor([2.0 * k]), k / FPS)
    far = torch.tensor([-50.0])
    within = smoother.step(state, far, 59 / FPS + 0.99 * LONGEST_GAP_S)
    after = smoother.step(state, far, 59 / FPS + 1.01 * LONGEST_GAP_S)
    assert torch.equal(after.value, far)
    assert within.value > far
    going_on = smoother.step(after, far, after.time_s + 1 / FPS)
    assert torch.allclose(going_on.value, far)  # the speed from before is forgotten


@pytest.mark.parametrize("time_s", [1.0, 0.9, math.nan])
def test_time_goes_forward(smoother: Filter, time_s: float) -> None:
    state = smoother.step(None, torch.zeros(2), 1.0)
    with pytest.raises(ValueError, match=r"comes after one at 1\.0 s"):
        smoother.step(state, torch.zeros(2), time_s)


@pytest.mark.parametrize("kind", [OneEuro, ConstantVelocity])
def test_other_units_give_the_same_behaviour(kind: type, noise: Tensor, step_px: Tensor, times_s: Tensor) -> None:
    signal = step_px + noise
    smaller = smooth_sequence(kind.for_noise(0.01), 0.01 * signal, times_s)
    # In Hz the cutoff at rest does not scale with anything; it is the same in both.
    assert torch.allclose(smaller, 0.01 * smooth_sequence(kind(), signal, times_s), atol=1e-5)


def test_no_measurements_no_results(smoother: Filter) -> None:
    assert smooth_sequence(smoother, torch.zeros(0, 3), torch.zeros(0)).shape == (0, 3)


def test_settings_can_be_varied(times_s: Tensor, noise: Tensor) -> None:
    jitter = [
        smooth_sequence(replace(OneEuro(), min_cutoff_hz=cutoff, speed_gain=0.0), noise, times_s)[60:].std()
        for cutoff in (0.5, 1.0, 2.0)
    ]
    # A first-order low-pass of weight a leaves a / (2 - a) of the variance of white noise.
    for cutoff, measured in zip((0.5, 1.0, 2.0), jitter, strict=True):
        a = 1 / (1 + FPS / (2 * math.pi * cutoff))
        assert measured == pytest.approx(math.sqrt(a / (2 - a)), rel=0.05)
