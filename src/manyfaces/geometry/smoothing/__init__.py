"""Smoothing of what is measured frame by frame, as it comes, without lagging behind.

A filter is a frozen setting, its memory a frozen state that is handed in and out: `state = a_filter.step(state, value,
time_s)`, then `state.value`. It lies in this room because what it needs to know is how points and rotations differ and
move, and because detection, methods and pipeline all stand above it. Which filter is the default, and why:
docs/decisions/0030-smoothing.md.
"""

from manyfaces.geometry.smoothing.constant_velocity import ConstantVelocity, Motion
from manyfaces.geometry.smoothing.filters import LONGEST_GAP_S, Filter, FilterState, smooth_sequence
from manyfaces.geometry.smoothing.one_euro import OneEuro, Smoothed
from manyfaces.geometry.smoothing.self_tuned import SelfTuned, Tuned
from manyfaces.geometry.smoothing.spaces import ROTATIONS, VECTORS, Space

__all__ = [
    "LONGEST_GAP_S",
    "ROTATIONS",
    "VECTORS",
    "ConstantVelocity",
    "Filter",
    "FilterState",
    "Motion",
    "OneEuro",
    "SelfTuned",
    "Smoothed",
    "Space",
    "Tuned",
    "smooth_sequence",
]
