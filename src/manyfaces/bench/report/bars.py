"""Figures beside their goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from manyfaces.bench.report.table import Cell, Table


@dataclass(frozen=True)
class Bar:
    """One figure beside its goal.

    Attributes:
        name: what was measured.
        goal: as it is printed.
        measured: None where it could not be.
        met: None where it was not measured.
    """

    name: str
    goal: str
    measured: float | None
    met: bool | None


def bar(name: str, measured: float | None, low: float | None = None, high: float | None = None) -> Bar:
    """A bar: the figure must not be below `low` nor above `high`."""
    limits = ((">=", low), ("<=", high))
    goal = " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)
    if measured is None or measured != measured:
        return Bar(name, goal, None, None)
    met = (low is None or measured >= low) and (high is None or measured <= high)
    return Bar(name, goal, measured, met)


Verdict = Literal["met", "missed", "not measured"]


def verdict(met: bool | None) -> Verdict:
    """A bar's last column."""
    return "not measured" if met is None else "met" if met else "missed"


def bar_table(bars: Sequence[Bar]) -> Table:
    """All bars as a table."""
    rows = tuple((b.name, b.goal, Cell(b.measured), verdict(b.met)) for b in bars)
    return Table("Bars", ("what", "goal", "measured", ""), rows)
