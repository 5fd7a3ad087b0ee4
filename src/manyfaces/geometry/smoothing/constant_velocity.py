"""A Kalman filter for what moves on as it did, until a measurement surprises.

Constant velocity disturbed by white acceleration (Bar-Shalom, Li, Kirubarajan: "Estimation with Applications to
Tracking and Navigation", 2001, section 6.2.2), in the discrete form that is exact for any time step. A filter quiet
enough for a face at rest is slow to believe that it moves. So where a measurement lies further from what was predicted
than noise explains, what was known counts less in proportion: a fading memory, with a factor for each channel and step.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry.smoothing.filters import LONGEST_GAP_S, time_passed
from manyfaces.geometry.smoothing.spaces import VECTORS, Space

_START_SPEED = 100.0
"""Speeds at the start: normal, of this deviation, in noises per second."""


@dataclass(frozen=True, eq=False)
class Motion:
    """What the filter remembers: a normal law of value and speed.

    Attributes:
        value: expected value, as measured values are.
        speed: expected tangent vector per second.
        time_s: of the last measurement, seconds.
        value_variance: of each number of the value, in squared noises; of the shape of `Space.size`.
        covariance: of value and speed, squared noises per second.
        speed_variance: squared noises per squared second.
    """

    value: Tensor
    speed: Tensor
    time_s: float
    value_variance: Tensor
    covariance: Tensor
    speed_variance: Tensor


@dataclass(frozen=True)
class ConstantVelocity:
    """Setting of the filter.

    Attributes:
        noise: root mean square error of each measured number, in the signal's unit; one for all numbers, or one
            for each `Space.size`.
        agility: spectral density of the acceleration, in squared noises per cubed second.
        surprise: what counts as one: this many deviations between measured and predicted; infinite for Kalman's own.
        space: what is filtered.
        longest_gap_s: after a longer pause it begins anew.
    """

    noise: float | Float[Tensor, "*B"] = 1.0
    agility: float = 0.5
    surprise: float = 2.0
    space: Space = VECTORS
    longest_gap_s: float = LONGEST_GAP_S

    @classmethod
    def for_noise(cls, noise: float, space: Space = VECTORS) -> "ConstantVelocity":
        """The same behaviour for signals with another noise; see the attributes."""
        return cls(noise=noise, space=space)

    def step(self, state: Motion | None, value: Tensor, time_s: float) -> Motion:
        """Take one measurement in; see `Filter`."""
        passed = time_passed(state, time_s, self.longest_gap_s)
        if state is None or passed is None:
            return self._start(value, time_s)
        return self._corrected(self._predicted(state, passed, time_s), value)

    def _start(self, value: Tensor, time_s: float) -> Motion:
        at_rest = torch.zeros_like(self.space.between(value, value))
        nothing = torch.zeros_like(self.space.size(at_rest))
        return Motion(value, at_rest, time_s, nothing + 1, nothing, nothing + _START_SPEED**2)

    def _predicted(self, state: Motion, passed: float, time_s: float) -> Motion:
        # The law of value + passed * speed, and what white acceleration adds to it meanwhile.
        grown = state.covariance + passed * state.speed_variance
        return Motion(
            self.space.moved(state.value, passed * state.speed),
            state.speed,
            time_s,
            state.value_variance + passed * (state.covariance + grown) + self.agility * passed**3 / 3,
            grown + self.agility * passed**2 / 2,
            state.speed_variance + self.agility * passed,
        )

    def _corrected(self, predicted: Motion, value: Tensor) -> Motion:
        ahead = self.space.between(predicted.value, value)
        fading = self._fading(predicted, ahead)
        value_variance, covariance = fading * predicted.value_variance, fading * predicted.covariance
        share, pull = value_variance / (value_variance + 1), covariance / (value_variance + 1)
        return Motion(
            self.space.moved(predicted.value, share * ahead),
            predicted.speed + pull * ahead,
            predicted.time_s,
            (1 - share) * value_variance,
            (1 - share) * covariance,
            fading * predicted.speed_variance - pull * covariance,
        )

    def _fading(self, predicted: Motion, ahead: Tensor) -> Tensor:
        """By how much all variances are too small, judged by this one measurement; at least 1."""
        squared = (self.space.size(ahead) / self.noise).square() / self.space.n_freedoms
        return (squared / (self.surprise**2 * (predicted.value_variance + 1))).clamp_min(1)
