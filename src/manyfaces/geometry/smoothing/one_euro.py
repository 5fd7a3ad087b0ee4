"""The one-euro filter: a low-pass whose cutoff rises with speed.

Casiez, Roussel, Vogel: "1 Euro Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems",
CHI 2012, algorithm 1; here with the time that really passed in place of a fixed rate.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from manyfaces.geometry.smoothing.filters import LONGEST_GAP_S, time_passed
from manyfaces.geometry.smoothing.spaces import VECTORS, Space


@dataclass(frozen=True, eq=False)
class Smoothed:
    """What the filter remembers.

    Attributes:
        value: smoothed, as measured values are.
        speed: smoothed tangent vector per second.
        time_s: of the last measurement, seconds.
    """

    value: Tensor
    speed: Tensor
    time_s: float


@dataclass(frozen=True)
class OneEuro:
    """Setting of the filter; the numbers are for signals with noise of about one unit, such as points in pixels.

    Attributes:
        min_cutoff_hz: cutoff at rest; lower is steadier.
        speed_gain: by how much speed raises the cutoff (beta of the paper), Hz per (unit per second).
        speed_cutoff_hz: cutoff of the speed itself.
        space: what is filtered.
        longest_gap_s: after a longer pause it begins anew.
    """

    min_cutoff_hz: float = 0.1
    speed_gain: float = 0.03
    speed_cutoff_hz: float = 2.0
    space: Space = VECTORS
    longest_gap_s: float = LONGEST_GAP_S

    @classmethod
    def for_noise(cls, noise: float, space: Space = VECTORS) -> "OneEuro":
        """The same behaviour for signals with another noise.

        Args:
            noise: root mean square of each number's error, in the signal's unit.
            space: what is filtered.
        """
        return cls(speed_gain=cls.speed_gain / noise, space=space)

    def step(self, state: Smoothed | None, value: Tensor, time_s: float) -> Smoothed:
        """Take one measurement in; see `Filter`."""
        passed = time_passed(state, time_s, self.longest_gap_s)
        if state is None or passed is None:
            return Smoothed(value, torch.zeros_like(self.space.between(value, value)), time_s)
        ahead = self.space.between(state.value, value)
        speed = state.speed + _share(self.speed_cutoff_hz, passed) * (ahead / passed - state.speed)
        cutoff = self.min_cutoff_hz + self.speed_gain * self.space.size(speed)
        return Smoothed(self.space.moved(state.value, _share(cutoff, passed) * ahead), speed, time_s)


def _share(cutoff_hz, passed_s: float):
    """Weight of a new value in a low-pass: 1 / (1 + tau / dt), tau = 1 / (2 pi cutoff); for a number or a tensor."""
    turns = 2 * math.pi * passed_s * cutoff_hz
    return turns / (1 + turns)
