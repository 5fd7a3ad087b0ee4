import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from manyfaces.bench.compare import compare_items, read_items, run_compare
from manyfaces.bench.report import Items, Table, provenance, write_report
from manyfaces.core.errors import InputError

N = 40
NAMES = tuple(f"photo {k}" for k in range(N))
SUBJECTS = tuple(f"person {k // 4}" for k in range(N))
NOISE = np.random.default_rng(0).normal(0, 1, (2, N))


def items(values: dict[str, np.ndarray], names=NAMES, subjects=SUBJECTS, **protocol: str) -> Items:
    return Items({"name": "demo", **protocol}, names, subjects, values)


def written(folder: Path, name: str, what: Items) -> Path:
    write_report(name, [Table("t", ("a",), ())], folder, provenance(), items=what)
    return folder / f"{name}.json"


def test_a_difference_is_found_and_written(tmp_path: Path) -> None:
    first = written(tmp_path, "a", items({"error": 10 + NOISE[0], "other": NOISE[1]}))
    second = written(tmp_path, "b", items({"error": 9 + NOISE[0] + 0.1 * NOISE[1], "else": NOISE[1]}))
    console = Console(file=io.StringIO(), width=80)
    ((found,),) = run_compare([first, second], tmp_path / "out", console=console)
    assert found.name == "error"
    assert found.paired.difference == pytest.approx(-1 + 0.1 * NOISE[1].mean())
    assert found.paired.interval.low < found.paired.difference < found.paired.interval.high < -0.9
    assert found.paired.p_wilcoxon < 0.01
    assert found.paired.n_subjects == 10
    assert "B - A" in console.file.getvalue()
    assert (
        json.loads((tmp_path / "out" / "compare.json").read_text())["comparisons"][0]["figures"][0]["name"] == "error"
    )


def test_several_reports_are_compared_with_the_first(tmp_path: Path) -> None:
    files = [written(tmp_path, name, items({"error": k + NOISE[0]})) for k, name in enumerate("abc")]
    compared = run_compare(files, tmp_path / "out", console=Console(file=io.StringIO()))
    assert [c[0].paired.difference for c in compared] == pytest.approx([1, 2])


def test_items_are_matched_by_name_and_missing_ones_are_counted() -> None:
    values = NOISE[0].copy()
    values[3] = np.nan
    order = np.random.default_rng(1).permutation(N)
    shuffled = items(
        {"error": (NOISE[0] + 2)[order]}, tuple(NAMES[k] for k in order), tuple(SUBJECTS[k] for k in order)
    )
    (found,) = compare_items(items({"error": values}), shuffled)
    assert found.paired.difference == pytest.approx(2)
    assert (found.n_missing, found.paired.n_items) == (1, N - 1)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (items({"error": NOISE[1]}, half="tune"), "different protocols: half None and 'tune'"),
        (items({"error": NOISE[1]}, names=("another", *NAMES[1:])), "2 are in one alone, another, photo 0"),
        (items({"error": NOISE[1]}, subjects=("x", *SUBJECTS[1:])), "of different subjects"),
        (items({"else": NOISE[1]}), "no figure is in both"),
    ],
)
def test_what_cannot_be_compared_is_refused(other: Items, said: str) -> None:
    with pytest.raises(InputError, match=said):
        compare_items(items({"error": NOISE[0]}), other)


def test_files_without_items_are_refused(tmp_path: Path) -> None:
    rows = tmp_path / "photos.json"
    with pytest.raises(InputError, match="cannot read"):
        read_items(rows)
    rows.write_text("nonsense")
    with pytest.raises(InputError, match="not JSON"):
        read_items(rows)
    rows.write_text("[]")
    with pytest.raises(InputError, match="no figures of single items"):
        read_items(rows)
    (tmp_path / "photos_extra.json").write_text('{"items": {"names": 3}}')
    with pytest.raises(InputError, match=r"photos_extra\.json"):
        read_items(rows)
    with pytest.raises(InputError, match="damaged"):
        read_items(tmp_path / "photos_extra.json")
