"""Kalman's filter beside least squares and beside a general implementation with matrices."""

import math

import numpy as np
import pytest
import torch

from manyfaces.geometry.smoothing import ConstantVelocity, Motion

UNEVEN_S = np.array([0.0, 0.04, 0.05, 0.12, 0.13, 0.2, 0.33, 0.36])


def run(setting: ConstantVelocity, values: np.ndarray, times_s: np.ndarray) -> Motion:
    state = None
    for value, time_s in zip(values, times_s, strict=True):
        state = setting.step(state, torch.tensor([value], dtype=torch.float64), float(time_s))
    assert state is not None
    return state


def test_without_surprises_it_is_kalmans_filter() -> None:
    values = 5 + np.random.default_rng(0).normal(size=len(UNEVEN_S)) + 8 * UNEVEN_S
    mean, law = np.array([values[0], 0.0]), np.diag([1.0, 100.0**2])
    for passed, value in zip(np.diff(UNEVEN_S), values[1:], strict=True):
        onward = np.array([[1, passed], [0, 1]])
        disturbed = 3.0 * np.array([[passed**3 / 3, passed**2 / 2], [passed**2 / 2, passed]])
        mean, law = onward @ mean, onward @ law @ onward.T + disturbed
        gain = law[:, 0] / (law[0, 0] + 1)
        mean, law = mean + gain * (value - mean[0]), law - np.outer(gain, law[0])
    state = run(ConstantVelocity(agility=3.0, surprise=math.inf), values, UNEVEN_S)
    assert state.value.item() == pytest.approx(mean[0], rel=1e-10)
    assert state.speed.item() == pytest.approx(mean[1], rel=1e-10)
    variances = [state.value_variance.item(), state.covariance.item(), state.speed_variance.item()]
    assert variances == pytest.approx([law[0, 0], law[0, 1], law[1, 1]], rel=1e-8)


def test_what_never_turns_is_a_straight_line_through_all_measurements() -> None:
    values = 5 + np.random.default_rng(1).normal(size=len(UNEVEN_S)) + 8 * UNEVEN_S
    state = run(ConstantVelocity(agility=0.0, surprise=math.inf), values, UNEVEN_S)
    # The speed's own law at the start is one more measurement: zero, of deviation 100.
    rows = np.stack([np.ones_like(UNEVEN_S), UNEVEN_S], 1)
    rows, values = np.concatenate([rows, [[0, 0.01]]]), np.append(values, 0.0)
    line = np.linalg.lstsq(rows, values, rcond=None)[0]
    assert state.speed.item() == pytest.approx(line[1], rel=1e-8)
    assert state.value.item() == pytest.approx(line[0] + line[1] * UNEVEN_S[-1], rel=1e-10)


def test_a_surprise_counts_for_more_than_what_was_known() -> None:
    times = np.arange(91) / 30
    values = np.where(times < 3, 0.0, 10.0)
    assert run(ConstantVelocity(), values, times).value.item() > 6
    assert run(ConstantVelocity(surprise=math.inf), values, times).value.item() < 2
