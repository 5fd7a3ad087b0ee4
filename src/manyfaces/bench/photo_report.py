"""What the photo protocol says: tables, curves and files; of one model, or of several beside each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from manyfaces.bench.face_points import OCCLUSIONS
from manyfaces.bench.photo_figures import PhotoFigures, find_row
from manyfaces.bench.photo_set import KINDS
from manyfaces.bench.report import (
    Bar,
    Cell,
    Items,
    Provenance,
    Table,
    bar_table,
    cumulative_curve,
    draw_curves,
    write_json,
    write_report,
)
from manyfaces.bench.scoring import METHODS, MODEL_METHODS, POINT_SETS, PointSet, Row
from manyfaces.metrics import Interval

MOST_ERROR = 30.0
"""Where the axis of the curves ends, percent."""


@dataclass(frozen=True)
class PhotoReport:
    """Result of the photo protocol.

    Attributes:
        models: the figures of each, by name; where there are several, the baselines of all rows and tables are those
            that were measured with the first.
        settings: half, seed, scale of the jitter, seconds of a reconstruction.
    """

    models: Mapping[str, PhotoFigures]
    settings: Mapping[str, Any]

    @property
    def first(self) -> PhotoFigures:
        """The first model's."""
        return next(iter(self.models.values()))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The figures, offsets removed, without AFLW2000."""
        return self._joined(lambda figures: figures.rows)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The first model's."""
        return self.first.bars

    @property
    def extra(self) -> dict[str, Any]:
        """Everything but the rows, as plain values."""
        further = {name: figures.plain() for name, figures in list(self.models.items())[1:]}
        return {**self.settings, **self.first.plain(), "further_models": further}

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Everything as tables."""
        raw, apart = self._joined(lambda figures: figures.raw), self._joined(lambda figures: figures.apart)
        methods = [*METHODS, *(f"{m}@{name}" for name in list(self.models)[1:] for m in MODEL_METHODS)]
        tables = [
            *_error_tables(self.rows, methods, "offsets removed", POINT_SETS),
            *_median_tables(self.rows, methods, "offsets removed"),
            *_ratio_tables(self.rows, methods, "offsets removed"),
            *_error_tables(raw, methods, "raw"),
            *_error_tables(apart, methods, "AFLW2000 apart, offsets removed"),
        ]
        for name, figures in self.models.items():
            of = f", {name}" if len(self.models) > 1 else ""
            tables += [
                _plain_table(f"Range of 15 hypotheses holds the hidden coordinate{of}", figures.coverage),
                _plain_table(f"Points that `auto` marks as hidden{of}", figures.automatic),
                _plain_table(f"Faces found{of}", figures.detection),
                replace(bar_table(figures.bars), title=f"Bars{of}"),
            ]
        recall = _plain_table("Annotated faces that the detector finds on clean photos", self.first.recall)
        return (*tables, recall)

    @property
    def items(self) -> Items:
        """The errors of single pictures, offsets removed, without AFLW2000."""
        cases = self.first.errors.cases
        values = {
            f"{o} {points} {method}{_at(number, name) if method in MODEL_METHODS else ''}": column
            for number, (name, figures) in enumerate(self.models.items())
            for (o, points, method), column in figures.errors.of.items()
            if number == 0 or method in MODEL_METHODS
        }
        return Items(
            protocol={"name": "photos", "half": str(self.settings["half"])},
            names=tuple(f"{case.face.file}#{case.face.index}/{case.kind}" for case in cases),
            subjects=tuple(case.face.file for case in cases),
            values={name: column for name, column in values.items() if not np.isnan(column).all()},
        )

    def write(self, out: Path, source: Provenance) -> None:
        """Write `photos.json` (the rows), `photos_extra.json`, the tables and the curves into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        write_report("photos", self.tables, out, source, self.extra, self.items, self._curves(), "photos_extra")
        write_json(out / "photos.json", [asdict(row) for row in self.rows])

    def _joined(self, rows_of: Callable[[PhotoFigures], Sequence[Row]]) -> tuple[Row, ...]:
        further = [
            replace(row, method=row.method + _at(number, name))
            for number, (name, figures) in enumerate(self.models.items())
            for row in rows_of(figures)
            if number and row.method in MODEL_METHODS
        ]
        return (*rows_of(self.first), *further)

    def _curves(self) -> dict[str, np.ndarray]:
        items, pictures = self.items, {}
        for occlusion in OCCLUSIONS:
            prefix = f"{occlusion} hidden "
            curves = [
                cumulative_curve(name.removeprefix(prefix), values[~np.isnan(values)], MOST_ERROR)
                for name, values in items.values.items()
                if name.startswith(prefix)
            ]
            title = f"Hidden points, {occlusion} occlusion"
            if curves:
                labels = ("error, % of the eye distance", "pictures, %")
                pictures[f"photos_hidden_{occlusion}"] = draw_curves(title, *labels, curves)
        return pictures


def _at(number: int, name: str) -> str:
    return f"@{name}" if number else ""


def _error_tables(
    rows: Sequence[Row], methods: Sequence[str], note: str, sets: Sequence[PointSet] = ("hidden", "inner51")
) -> list[Table]:
    def cell(row: Row, own: Row) -> Cell:
        return Cell(row.mean, Interval(row.low, row.high), ".2f")

    return _method_tables(rows, methods, f"NME %, {note}: mean", sets, cell)


def _median_tables(rows: Sequence[Row], methods: Sequence[str], note: str) -> list[Table]:
    def cell(row: Row, own: Row) -> Cell:
        return Cell(row.median, form=".2f")

    return _method_tables(rows, methods, f"NME %, {note}: median", ("hidden", "inner51"), cell)


def _ratio_tables(rows: Sequence[Row], methods: Sequence[str], note: str) -> list[Table]:
    def cell(row: Row, own: Row) -> str:
        return f"{row.mean / max(own.mean, 1e-9):.2f}/{row.median / max(own.median, 1e-9):.2f}"

    return _method_tables(rows, methods, f"Over FaceMesh's own, {note}: mean/median", ("hidden", "inner51"), cell)


def _method_tables(
    rows: Sequence[Row],
    methods: Sequence[str],
    title: str,
    sets: Sequence[PointSet],
    cell: Callable[[Row, Row], str | Cell],
) -> list[Table]:
    """One table for each point set and occlusion: kinds down, methods across."""
    tables = []
    for points in sets:
        for occlusion in OCCLUSIONS:
            lines = []
            for kind in (*KINDS, "occluded"):
                found = [row for m in methods if (row := find_row(rows, kind, occlusion, points, m))]
                if found:
                    lines.append((kind, str(found[0].faces), *(cell(row, found[0]) for row in found)))
            if lines:
                columns = ("kind", "faces", *methods)
                tables.append(Table(f"{title}, {points} points, {occlusion} occlusion", columns, tuple(lines)))
    return tables


def _plain_table(title: str, figures: Sequence[Mapping[str, Any]]) -> Table:
    columns = tuple(figures[0]) if figures else ("nothing",)
    return Table(title, columns, tuple(tuple(_cell(value) for value in row.values()) for row in figures))


def _cell(value: Any) -> str | Cell:
    if value is None or isinstance(value, float):
        return Cell(None if value is None else 100 * value, form=".1f", unit="%")
    return str(value)
