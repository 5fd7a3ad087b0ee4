"""`manyfaces bench compare A.json B.json`: how the figures of two reports differ, item by item, and how surely."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console

from manyfaces.bench.report import Cell, Items, Table, provenance, show_tables, write_report
from manyfaces.core.errors import InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.metrics import PairedDifference, paired_bootstrap

SHOWN_NAMES = 3


@dataclass(frozen=True)
class Comparison:
    """One figure of two reports.

    Attributes:
        name: of the figure.
        first: its mean over the items that both have, in the first report.
        second: in the second.
        paired: their difference and the tests.
        n_missing: items that one of them lacks, and that do not count.
    """

    name: str
    first: float
    second: float
    paired: PairedDifference
    n_missing: int


def run_compare(
    reports: Sequence[Path], out: Path, seed: int = 0, console: Console | None = None
) -> tuple[tuple[Comparison, ...], ...]:
    """Compare reports of one protocol with the first; print and write `compare.md`, `.tex`, `.csv` and `.json`.

    Args:
        reports: the JSON files, two or more.
        out: folder for the tables.
        seed: of the bootstrap.
        console: where the tables are printed; stdout by default.

    Returns:
        For each report but the first, all figures that both have.

    Raises:
        InputError: a file is no report with items, or they cannot be compared.
        OutputError: `out` cannot be written.
    """
    first, *others = (read_items(path) for path in reports)
    compared = tuple(compare_items(first, other, seed) for other in others)
    pairs = [(str(reports[0]), str(path)) for path in reports[1:]]
    tables = [comparison_table(c, labels) for c, labels in zip(compared, pairs, strict=True)]
    values = {
        "protocol": dict(first.protocol),
        "comparisons": [
            {"first": a, "second": b, "figures": [asdict(figure) for figure in figures]}
            for (a, b), figures in zip(pairs, compared, strict=True)
        ],
    }
    write_report("compare", tables, out, provenance(seed), values)
    show_tables(tables, console or Console())
    return compared


def read_items(path: Path) -> Items:
    """The items in a report.

    Raises:
        InputError: there is no such file, or no items in it.
    """
    try:
        values: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", "name the JSON file of a report") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON", "name the JSON file of a report") from error
    if not isinstance(values, dict) or "items" not in values:
        beside = path.with_name(f"{path.stem}_extra.json")
        fix = f"give {beside}" if beside.is_file() else "give a report that manyfaces bench has written"
        raise InputError(f"{path} holds no figures of single items", fix)
    try:
        return Items.from_plain(values["items"])
    except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
        raise InputError(f"the items of {path} are damaged: {error}", "run the protocol again") from error


def compare_items(first: Items, second: Items, seed: int = 0) -> tuple[Comparison, ...]:
    """Compare all figures that both have.

    Raises:
        InputError: the protocols or the items differ, or no figure is in both.
    """
    _check_same(first, second)
    place = {name: row for row, name in enumerate(second.names)}
    rows = np.array([place[name] for name in first.names], int)
    subjects = torch.from_numpy(np.unique(np.array(first.subjects), return_inverse=True)[1])
    compared = []
    for name in [name for name in first.values if name in second.values]:
        a, b = first.values[name], second.values[name][rows]
        known = np.isfinite(a) & np.isfinite(b)
        if known.any():
            ours, theirs = torch.from_numpy(a[known]), torch.from_numpy(b[known])
            generator = torch_generator(seed, "compare", name)
            paired = paired_bootstrap(ours, theirs, subjects[torch.from_numpy(known)], generator)
            n_missing = int((np.isfinite(a) != np.isfinite(b)).sum())  # in neither: the figure does not exist there
            compared.append(Comparison(name, float(ours.mean()), float(theirs.mean()), paired, n_missing))
    if not compared:
        raise InputError(
            f"no figure is in both reports: {_some(list(first.values))} and {_some(list(second.values))}",
            "compare reports of the same methods",
        )
    return tuple(compared)


def comparison_table(compared: Sequence[Comparison], labels: Sequence[str]) -> Table:
    """The table of some comparisons."""
    rows = tuple(
        (
            c.name,
            Cell(c.first, form=".4g"),
            Cell(c.second, form=".4g"),
            Cell(c.paired.difference, c.paired.interval, "+.3g"),
            Cell(c.paired.p_wilcoxon, form=".2g"),
            Cell(c.paired.p_sign, form=".2g"),
        )
        for c in compared
    )
    most = max(compared, key=lambda c: c.paired.n_items).paired
    notes = [
        f"A: {labels[0]}. B: {labels[1]}. B - A below zero: B is lower.",
        f"Up to {most.n_items} items of {most.n_subjects} subjects; "
        "interval: 95 %, subjects resampled; p: signed-rank and sign test of the subjects' means, two-sided, "
        "not corrected for the number of rows.",
    ]
    missing = [f"{c.name}: {c.n_missing}" for c in compared if c.n_missing]
    if missing:
        notes.append(f"Items that one report lacks, left out on both sides: {', '.join(missing)}.")
    return Table("Paired comparison", ("figure", "A", "B", "B - A", "p Wilcoxon", "p sign"), rows, notes=tuple(notes))


def _check_same(first: Items, second: Items) -> None:
    if first.protocol != second.protocol:
        keys = {**first.protocol, **second.protocol}
        differing = [k for k in keys if first.protocol.get(k) != second.protocol.get(k)]
        said = ", ".join(f"{k} {first.protocol.get(k)!r} and {second.protocol.get(k)!r}" for k in differing)
        raise InputError(f"the reports are of different protocols: {said}", "run both by the same protocol")
    apart = sorted(set(first.names) ^ set(second.names))
    if apart:
        raise InputError(
            f"the reports do not have the same items: {len(apart)} are in one alone, {_some(apart)}",
            "run both on the same data",
        )
    if dict(zip(first.names, first.subjects, strict=True)) != dict(zip(second.names, second.subjects, strict=True)):
        raise InputError("the reports say of the same items that they are of different subjects")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN_NAMES]) + (", ..." if len(names) > SHOWN_NAMES else "")
