"""Tables on the screen."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from manyfaces.bench.report.table import Cell, Table

SHORT_NAME = 20
"""First columns that are no wider than this are never broken or cut."""


def show_tables(tables: Iterable[Table], console: Console) -> None:
    """Print tables; intervals stand below their figures, published rows are in italics."""
    for table in tables:
        console.print(_grid(table))
        for note in table.notes:
            console.print(note, style="dim")


def _grid(table: Table) -> Grid:
    grid = Grid(
        title=table.title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=0,  # the box leaves one column between cells: seven columns must fit into 80
    )
    short_names = all(len(str(row[0])) <= SHORT_NAME for row in table.lines)
    for k, name in enumerate(table.columns):
        grid.add_column(name, justify="right" if k else "left", no_wrap=k > 0 or short_names)
    for row in table.rows:
        grid.add_row(*map(_words, row))
    for row in table.published:
        grid.add_row(*map(_words, row), style="italic dim")
    return grid


def _words(cell: str | Cell) -> Text:
    if isinstance(cell, str):
        return Text(cell)
    return Text.assemble(cell.text, ("\n" + cell.range, "dim")) if cell.range else Text(cell.text)
