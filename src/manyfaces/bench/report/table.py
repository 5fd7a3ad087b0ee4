"""Tables of figures: what they hold; how they look is in `formats` and `screen`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manyfaces.core.errors import InputError
from manyfaces.metrics import Interval

NOTHING = "-"
"""What stands where there is no figure."""


@dataclass(frozen=True)
class Cell:
    """One figure.

    Attributes:
        value: None where it could not be measured.
        interval: how sure it is, 95 %.
        form: how numbers are written, as in a format string.
        unit: written behind the value.
    """

    value: float | None
    interval: Interval | None = None
    form: str = ".3g"
    unit: str = ""

    @property
    def known(self) -> bool:
        """Is there a figure?"""
        return self.value is not None and self.value == self.value

    @property
    def text(self) -> str:
        """The value alone."""
        if self.value is None or not self.known:
            return NOTHING
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.value:{self.form}}{unit}"

    @property
    def range(self) -> str:
        """The interval; empty where there is none."""
        if self.interval is None or not self.known:
            return ""
        return f"{self.interval.low:{self.form}} to {self.interval.high:{self.form}}"

    def __str__(self) -> str:
        return f"{self.text} ({self.range})" if self.range else self.text


Row = tuple[str | Cell, ...]
"""One line of a table: a name, then figures or words."""


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        title: what it shows.
        columns: names of the columns; the first is on the left and names the rows, the others hold figures.
        rows: what was measured, each as long as `columns`.
        published: rows of the papers, to stand beside ours; measured by others, on their data and with their weights.
        notes: sentences below it.

    Raises:
        InputError: a row is not as long as `columns`.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    published: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.lines:
            if len(row) != len(self.columns):
                raise InputError(
                    f"a row of {len(row)} cells in the table {self.title!r} with {len(self.columns)} columns"
                )

    @property
    def lines(self) -> Iterator[Row]:
        """Our rows, then the published ones."""
        yield from self.rows
        yield from self.published

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": [[_plain(cell) for cell in row] for row in self.rows],
            "published": [[_plain(cell) for cell in row] for row in self.published],
            "notes": list(self.notes),
        }


def _plain(cell: str | Cell) -> Any:
    if isinstance(cell, str):
        return cell
    value = cell.value if cell.known else None
    if cell.interval is None:
        return value
    return {"value": value, "low": cell.interval.low, "high": cell.interval.high}
