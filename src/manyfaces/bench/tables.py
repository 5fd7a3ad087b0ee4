"""Tables and bars, on the screen and in Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


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


SHORT_NAME = 20
"""First columns that are no wider than this are never broken or cut."""


@dataclass(frozen=True)
class Sheet:
    """One table of text.

    Attributes:
        title: what it shows.
        header: names of the columns; the first is on the left, the others hold figures.
        rows: as long as the header.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """As Markdown with a heading."""
        rule = ["---"] + ["--:"] * (len(self.header) - 1)
        lines = [f"| {' | '.join(row)} |" for row in (self.header, rule, *self.rows)]
        return f"## {self.title}\n\n" + "\n".join(lines) + "\n"

    def show(self, console: Console) -> None:
        """Print it."""
        table = Table(
            title=self.title,
            title_justify="left",
            title_style="bold",
            box=SIMPLE_HEAD,
            pad_edge=False,
            padding=0,  # the box leaves one column between cells: seven columns must fit into 80
        )
        short_names = all(len(row[0]) <= SHORT_NAME for row in self.rows)
        for k, name in enumerate(self.header):
            table.add_column(name, justify="right" if k else "left", no_wrap=k > 0 or short_names)
        for row in self.rows:
            table.add_row(*row)
        console.print(table)


Verdict = Literal["met", "missed", "not measured"]


def verdict(met: bool | None) -> Verdict:
    """A bar's last column."""
    return "not measured" if met is None else "met" if met else "missed"


def bar_sheet(bars: Sequence[Bar]) -> Sheet:
    """All bars as a table."""
    rows = [(b.name, b.goal, "-" if b.measured is None else f"{b.measured:.3g}", verdict(b.met)) for b in bars]
    return Sheet("Bars", ("what", "goal", "measured", ""), tuple(rows))
