"""One measured figure beside its goal, and the table of them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One row of the table.

    Attributes:
        name: what was measured, with its conditions (size, batch, threads).
        goal: the bar, as it is printed, for example "<= 0.5"; "" where there is none.
        measured: the figure, in `unit`.
        unit: "s", "ms", "MB", "mm", ...; "" for a ratio.
        ok: whether the bar is met; None where there is none, or where it was not measured.
    """

    name: str
    goal: str
    measured: float
    unit: str
    ok: bool | None


def at_most(name: str, goal: float, measured: float, unit: str) -> Line:
    """Line whose figure must not be above `goal`."""
    return Line(name, f"<= {goal:g}", measured, unit, measured <= goal)


def at_least(name: str, goal: float, measured: float, unit: str) -> Line:
    """Line whose figure must not be below `goal`."""
    return Line(name, f">= {goal:g}", measured, unit, measured >= goal)


def figure(name: str, measured: float, unit: str) -> Line:
    """Line without a bar: printed beside the others so that losses are seen too."""
    return Line(name, "", measured, unit, None)


def digits(value: float) -> str:
    """Three digits, more only where they stand before the point."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def verdict(line: Line) -> str:
    """The last column: "met", "missed" or nothing."""
    return {True: "met", False: "missed", None: ""}[line.ok]


def markdown(lines: Iterable[Line]) -> str:
    """Table in the form that the pages in docs/ take."""
    rows = ["| what | goal | measured | |", "|---|---|---|---|"]
    rows += [
        f"| {i.name} | {i.goal} {i.unit if i.goal else ''} | {digits(i.measured)} {i.unit} | {verdict(i)} |"
        for i in lines
    ]
    return "\n".join(" ".join(row.split()) for row in rows) + "\n"
