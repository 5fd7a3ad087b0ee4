"""A filter that measures by itself how noisy each channel is, for signals whose noise nobody knows.

A measurement is compared with the straight line between its two neighbours in time: what moves evenly lies on the
line, so what is left is noise and curvature. The median over time is not moved by short bursts of motion, and takes no
memory: an estimate that goes up by a factor whenever a sample is above it, and down by the same factor otherwise, comes
to rest at the median (Robbins and Monro, "A Stochastic Approximation Method", 1951).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from manyfaces.geometry.smoothing.constant_velocity import ConstantVelocity, Motion
from manyfaces.geometry.smoothing.filters import LONGEST_GAP_S
from manyfaces.geometry.smoothing.spaces import VECTORS, Space

# Medians of the length of a vector of one, or of three, unit normal numbers.
_MEDIAN_LENGTH = {1: 0.6745, 3: 1.5382}
_LEAST_GAIN = 0.02
_SURPRISE = 2.1
"""A little more than `ConstantVelocity` has: a noise that is estimated is sometimes too small."""
_LEAST_SHARE = 0.001
"""The noise never falls below this share of what it was told to start with: still pictures repeat exactly."""


@dataclass(frozen=True, eq=False)
class Tuned:
    """What the filter remembers.

    Attributes:
        motion: what `ConstantVelocity` remembers.
        noise: of each number, as estimated so far.
        n_samples: that the estimate is from.
        measured: the last measurements with their times, two at most.
    """

    motion: Motion
    noise: Tensor
    n_samples: int
    measured: tuple[tuple[Tensor, float], ...]

    @property
    def value(self) -> Tensor:
        """The smoothed value."""
        return self.motion.value

    @property
    def time_s(self) -> float:
        """When it was measured, seconds."""
        return self.motion.time_s


@dataclass(frozen=True)
class SelfTuned:
    """Setting of the filter.

    Attributes:
        start: noise to begin with, in the signal's unit; forgotten within a few measurements.
        space: what is filtered.
        longest_gap_s: after a longer pause it begins anew, and keeps what it knows of the noise.
    """

    start: float
    space: Space = VECTORS
    longest_gap_s: float = LONGEST_GAP_S

    def step(self, state: Tuned | None, value: Tensor, time_s: float) -> Tuned:
        """Take one measurement in; see `Filter`."""
        if state is None:
            at_rest = self.space.size(self.space.between(value, value))
            noise, n_samples, known = torch.full_like(at_rest, self.start), 0, ()
        else:
            noise, n_samples, known = state.noise, state.n_samples, self._recent(state, time_s)
        if len(known) == 2:
            sample = self._sample(*known, (value, time_s))
            gain = max(2 / (n_samples + 2), _LEAST_GAIN)
            noise = (noise * torch.where(sample > noise, 1.0, -1.0).mul(gain).exp()).clamp_min(
                _LEAST_SHARE * self.start
            )
            n_samples += 1
        kalman = ConstantVelocity(noise=noise, surprise=_SURPRISE, space=self.space, longest_gap_s=self.longest_gap_s)
        motion = kalman.step(None if state is None else state.motion, value, time_s)
        return Tuned(motion, noise, n_samples, (*known[-1:], (value, time_s)))

    def _recent(self, state: Tuned, time_s: float) -> tuple[tuple[Tensor, float], ...]:
        return state.measured if time_s - state.time_s <= self.longest_gap_s else ()

    def _sample(self, first: tuple[Tensor, float], middle: tuple[Tensor, float], last: tuple[Tensor, float]) -> Tensor:
        """How noisy three measurements look: right in the median, if they move evenly."""
        share = (middle[1] - first[1]) / (last[1] - first[1])
        on_line = self.space.moved(first[0], share * self.space.between(first[0], last[0]))
        off = self.space.size(self.space.between(on_line, middle[0]))
        deviation = math.sqrt(1 + share**2 + (1 - share) ** 2)
        return off / (_MEDIAN_LENGTH[self.space.n_freedoms] * deviation)
