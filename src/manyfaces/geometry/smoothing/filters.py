"""What filters have in common: time goes forward, and long gaps end what was known."""

from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

LONGEST_GAP_S = 0.5
"""After a longer pause, seconds, filters begin anew: nothing is known of what happened meanwhile."""


@runtime_checkable
class FilterState(Protocol):
    """What a filter remembers."""

    @property
    def value(self) -> Tensor:
        """The smoothed value."""
        ...

    @property
    def time_s(self) -> float:
        """When it was measured, seconds."""
        ...


@runtime_checkable
class Filter(Protocol):
    """Smooths measurements as they come."""

    def step(self, state: Any, value: Tensor, time_s: float) -> FilterState:
        """Take one measurement in.

        Args:
            state: what the step before gave; None at the start.
            value: what was measured.
            time_s: when, seconds; later than before.
        """
        ...


def time_passed(state: FilterState | None, time_s: float, longest_gap_s: float) -> float | None:
    """Seconds since the last measurement; None where a filter must begin anew.

    Raises:
        ValueError: time stands still or goes back.
    """
    if state is None:
        return None
    passed = time_s - state.time_s
    if not passed > 0:
        raise ValueError(f"a measurement at {time_s} s comes after one at {state.time_s} s")
    return passed if passed <= longest_gap_s else None


def smooth_sequence(
    smoother: Filter, values: Float[Tensor, "T *B"], times_s: Float[Tensor, " T"]
) -> Float[Tensor, "T *B"]:
    """Smooth measurements that are all there; no later one changes an earlier result.

    Args:
        smoother: how.
        values: what was measured.
        times_s: when, seconds, ascending.
    """
    state, results = None, []
    for value, time_s in zip(values, times_s.tolist(), strict=True):
        state = smoother.step(state, value, time_s)
        results.append(state.value)
    return torch.stack(results) if results else values
