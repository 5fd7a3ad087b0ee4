import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from manyfaces.bench.report import Cell, Items, Table, bar, bar_table, provenance, show_tables, write_report
from manyfaces.bench.report.formats import PUBLISHED_NOTE, csv_text, latex, markdown
from manyfaces.core.errors import InputError, OutputError
from manyfaces.metrics import Interval

TABLE = Table(
    "Errors, 50 % & more",
    ("method", "faces", "mm"),
    (("ours_x|y", "12", Cell(1.2345, Interval(1.1, 1.4), ".2f")), ("none", "0", Cell(float("nan")))),
    (("paper", "", Cell(0.98, form=".2f")),),
    ("A note.",),
)


def test_markdown() -> None:
    text = markdown(TABLE)
    assert "## Errors, 50 % & more" in text
    assert r"| ours_x\|y | 12 | 1.23 (1.10 to 1.40) |" in text
    assert "| none | 0 | - |" in text
    assert "| *paper* |  | *0.98* |" in text
    assert "A note." in text
    assert PUBLISHED_NOTE in text
    assert PUBLISHED_NOTE not in markdown(Table("t", ("a",), (("b",),)))


def test_latex_escapes_what_would_break_it() -> None:
    text = latex(TABLE)
    assert r"ours\_x|y & 12 & 1.23\,{\scriptsize [1.10, 1.40]} \\" in text
    assert r"none & 0 & -- \\" in text
    assert text.index("ours") < text.rindex(r"\midrule") < text.index("paper")
    assert r"\caption{Errors, 50 \% \& more. A note.}" in text
    assert r"\begin{tabular}{lrr}" in text


def test_csv_holds_full_numbers_and_ends_of_intervals() -> None:
    lines = list(csv.reader(io.StringIO(csv_text([TABLE, bar_table([bar("goal", 2.0, high=1.0)])]))))
    assert lines[1] == ["method", "faces", "mm", "mm low", "mm high", "source"]
    assert lines[2] == ["ours_x|y", "12", "1.2345", "1.1", "1.4", "measured"]
    assert lines[3] == ["none", "0", "", "", "", "measured"]
    assert lines[4] == ["paper", "", "0.98", "", "", "published"]
    assert lines[5] == []
    assert lines[8] == ["goal", "<= 1", "2.0", "missed", "measured"]


def test_the_screen_shows_everything_in_80_columns() -> None:
    console = Console(file=io.StringIO(), width=80)
    show_tables([TABLE], console)
    shown = console.file.getvalue()
    assert all(words in shown for words in ("ours_x|y", "1.23", "1.10 to 1.40", "paper", "A note."))


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="3 columns"):
        Table("t", ("a", "b", "c"), (("1", "2"),))


def test_all_files_are_written(tmp_path: Path) -> None:
    items = Items({"name": "demo"}, ("x", "y"), ("s", "s"), {"first": np.array([1, np.nan])})
    picture = np.zeros((4, 6, 3), np.uint8)
    source = provenance(7, model="a model", half=None)
    write_report("demo", [TABLE], tmp_path / "new", source, {"more": np.float32(np.inf)}, items, {"curve": picture})
    assert {p.name for p in (tmp_path / "new").iterdir()} == {
        *("demo.md", "demo.tex", "demo.csv", "demo.json", "curve.png")
    }
    written = json.loads((tmp_path / "new" / "demo.json").read_text())
    assert written["more"] is None
    assert written["tables"][0]["rows"][0] == ["ours_x|y", "12", {"value": 1.2345, "low": 1.1, "high": 1.4}]
    assert written["provenance"]["seed"] == 7
    assert written["provenance"]["settings"] == {"model": "a model"}
    assert {"manyfaces", "torch"} <= set(written["provenance"]["versions"])
    assert Items.from_plain(written["items"]).plain() == items.plain()
    page = (tmp_path / "new" / "demo.md").read_text()
    assert "seed 7, model a model" in page
    assert "![curve](curve.png)" in page


def test_nothing_is_left_where_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "demo.tex").mkdir()
    with pytest.raises(OutputError):
        write_report("demo", [TABLE], tmp_path, provenance())
    assert [p.name for p in tmp_path.iterdir()] == ["demo.tex"]


def test_items_must_be_as_many_as_their_values() -> None:
    with pytest.raises(InputError):
        Items({}, ("a", "b"), ("s",), {})
    with pytest.raises(InputError):
        Items({}, ("a", "a"), ("s", "s"), {})
