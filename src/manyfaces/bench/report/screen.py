"""Tables on the screen."""

from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from manyfaces.bench.report.table import Cell, Table

SHORT_NAME = 24
"""First columns that are no wider than this are never broken or cut."""
EDGES = 2
"""Of a table, characters; one more stands between columns."""


def show_tables(tables: Iterable[Table], console: Console) -> None:
    """Print tables; intervals stand below their figures where that fits the screen, published rows are in italics."""
    for table in tables:
        console.print(_grid(table, fits=_width(table) <= console.width))
        for note in table.notes:
            console.print(note, style="dim")


def _grid(table: Table, fits: bool) -> Grid:
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
        header = name if fits or not k else "\n".join(name.split())
        grid.add_column(header, justify="right" if k else "left", no_wrap=k > 0 or short_names)
    for rows, style in ((table.rows, ""), (table.published, "italic dim")):
        for row in rows:
            grid.add_row(*(_words(cell, with_interval=fits) for cell in row), style=style)
    return grid


def _words(cell: str | Cell, with_interval: bool = True) -> Text:
    if isinstance(cell, str):
        return Text(cell)
    return Text.assemble(cell.text, ("\n" + cell.range, "dim")) if cell.range and with_interval else Text(cell.text)


def _width(table: Table) -> int:
    """With intervals and with whole names of columns, characters."""
    widest = [len(name) for name in table.columns]
    for row in table.lines:
        widest = [max(w, *map(len, str(_words(cell)).split("\n"))) for w, cell in zip(widest, row, strict=True)]
    return sum(widest) + len(widest) + EDGES
