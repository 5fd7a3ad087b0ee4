"""Tables as Markdown, LaTeX and CSV."""

import csv
import io
from collections.abc import Sequence
from itertools import chain

from manyfaces.bench.report.table import Cell, Row, Table

PUBLISHED_NOTE = "In italics: published figures, of the authors' weights on the authors' data; not measured here."
NOTHING_IN_LATEX = "--"
LATEX_SPECIALS = {
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": "$<$", ">": "$>$"},
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def markdown(table: Table) -> str:
    """With a heading; intervals in brackets, published rows in italics."""
    rule = ["---"] + ["--:"] * (len(table.columns) - 1)
    ours = [[str(cell) for cell in row] for row in table.rows]
    published = [[f"*{cell}*" if str(cell) else "" for cell in row] for row in table.published]
    lines = [_markdown_line(cells) for cells in (table.columns, rule, *ours, *published)]
    notes = "".join(f"\n{note}\n" for note in _notes(table))
    return f"## {table.title}\n\n" + "\n".join(lines) + "\n" + notes


def latex(table: Table) -> str:
    r"""A float for `\usepackage{booktabs}`; published rows under a rule of their own, as tables of papers are."""

    def line(row: Row) -> str:
        return "    " + " & ".join(_latex_cell(cell) for cell in row) + r" \\"

    published = [r"    \midrule", *(line(row) for row in table.published)] if table.published else []
    notes = " ".join(_escaped(note) for note in table.notes)
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
        r"    \toprule",
        line(table.columns),
        r"    \midrule",
        *(line(row) for row in table.rows),
        *published,
        r"    \bottomrule",
        r"  \end{tabular}",
        f"  \\caption{{{_escaped(table.title)}.{' ' + notes if notes else ''}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def csv_text(tables: Sequence[Table]) -> str:
    """All tables below each other: a line with the title, then header and rows, then an empty line.

    A column of figures with intervals is followed by its lower and its upper ends. Numbers are written in full.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for number, table in enumerate(tables):
        writer.writerows([[]] * bool(number))
        writer.writerow([table.title])
        columns = list(zip(*table.lines, strict=True)) or [() for _ in table.columns]
        spread = [any(isinstance(cell, Cell) and cell.range for cell in column) for column in columns]
        names = [
            _with_ends(name, [f"{name} low", f"{name} high"], s) for name, s in zip(table.columns, spread, strict=True)
        ]
        writer.writerow([*chain(*names), "source"])
        for source, rows in (("measured", table.rows), ("published", table.published)):
            for row in rows:
                cells = [_with_ends(_number(c), _ends(c), s) for c, s in zip(row, spread, strict=True)]
                writer.writerow([*chain(*cells), source])
    return text.getvalue()


def _with_ends(middle: str, ends: list[str], spread: bool) -> list[str]:
    return [middle, *ends] if spread else [middle]


def _number(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return cell
    return repr(float(cell.value)) if cell.value is not None and cell.known else ""


def _ends(cell: str | Cell) -> list[str]:
    if isinstance(cell, str) or cell.interval is None:
        return ["", ""]
    return [repr(float(end)) for end in (cell.interval.low, cell.interval.high)]


def _markdown_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _latex_cell(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return _escaped(cell)
    if not cell.known:
        return NOTHING_IN_LATEX
    interval = f"\\,{{\\scriptsize [{_escaped(cell.range.replace(' to ', ', '))}]}}" if cell.range else ""
    return _escaped(cell.text) + interval


def _escaped(text: str) -> str:
    return "".join(LATEX_SPECIALS.get(character, character) for character in text)


def _notes(table: Table) -> tuple[str, ...]:
    return (*table.notes, PUBLISHED_NOTE) if table.published else table.notes
