"""What a landmark protocol says: errors by points and by groups, curves, failures, what was not found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from manyfaces.bench.landmarks.benchmarks import Benchmark, LandmarkOptions, Published
from manyfaces.bench.landmarks.figures import ErrorTable, Figure, PointSet, make_balanced, make_figures
from manyfaces.bench.report import (
    Cell,
    Curve,
    Items,
    Row,
    Table,
    cumulative_curve,
    draw_curves,
    provenance,
    write_report,
)
from manyfaces.metrics.error_curves import curve_area, failure_share
from manyfaces.metrics.points import Normalisation

LIMITS = (7.0, 8.0, 10.0)
"""Percent: where the area under the curve ends, and above which a face counts as a failure."""
CURVE_END, CURVE_STEPS = 15.0, 300
UNITS: Mapping[Normalisation, str] = {
    "interocular": "distance of the outer eye corners",
    "interpupil": "distance of the eyes' middles",
    "box": "sqrt(width x height) of the points' box",
    "diagonal": "diagonal of the points' box",
}
OVERALL: PointSet = "overall"


@dataclass(frozen=True)
class LandmarkReport:
    """Result of a landmark protocol.

    Attributes:
        name: of the protocol.
        benchmark: what was measured.
        errors: of all faces.
        groups: in the order of the tables.
        notes: what of the data set is incomplete.
        half: which part of it was measured.
        options: what was chosen.
        model: whose hypotheses "first" and "best15" are.
        device: where it ran.
        seed: of sampling and of the intervals.
    """

    name: str
    benchmark: Benchmark
    errors: ErrorTable
    groups: tuple[str, ...]
    notes: tuple[str, ...]
    half: str
    options: LandmarkOptions
    model: str
    device: str
    seed: int

    @property
    def normalisation(self) -> Normalisation:
        """The benchmark's own."""
        return self.benchmark.normalisations[0]

    def write(self, out: Path, sheets: Mapping[str, UInt8[np.ndarray, "H W 3"]] | None = None) -> None:
        """Write NAME.json, NAME.md, NAME.tex, NAME.csv and the curves of the largest group into a folder.

        Args:
            out: the folder.
            sheets: pictures of single faces, by method.

        Raises:
            OutputError: it cannot be written.
        """
        source = provenance(
            self.seed,
            self.device,
            half=self.half,
            model=self.model if "ours" in self.options.methods else None,
            models=", ".join(self.options.models) or None,
            settled=not self.options.unsettled if self.options.models else None,
            predictions=self.options.predictions,
            offsets="removed" if self.options.offsets else "kept",
            annotation=self.options.annotation if self.name == "aflw2000" else None,
        )
        group = max(self.groups, key=lambda name: int(self.errors.members[name].sum()))
        title, unit = f"{self.benchmark.title}, {group}", UNITS[self.normalisation]
        curves = draw_curves(title, f"error, % of the {unit}", "% of faces", self.curves(group), (0, CURVE_END))
        drawn = {f"{self.name}_curves": curves}
        drawn |= {f"{self.name}_{Path(method).name}": sheet for method, sheet in (sheets or {}).items()}
        write_report(self.name, self.tables(), out, source, self.plain(), self.items(), drawn)

    def tables(self) -> tuple[Table, ...]:
        """By sets of points, by groups, curves and failures, then in all units.

        Intervals are in the first ones, and with what only the others have.
        """
        return self._tables

    @cached_property
    def _tables(self) -> tuple[Table, ...]:
        parts = (self._points_table, self._curves_table, self._units_table)
        by_points, curves, units = ([make(group) for group in self.groups] for make in parts)
        across = [self._groups_table()] if len(self.groups) > 1 else []
        return (*by_points, *across, *curves, *units)

    def curves(self, group: str) -> tuple[Curve, ...]:
        """Cumulative error curves of all points, percent of the faces of a group."""
        rows = self.errors.members[group]
        return tuple(
            cumulative_curve(m, self.errors.nme(m, OVERALL, self.normalisation)[rows], CURVE_END, CURVE_STEPS + 1)
            for m in self.errors.methods
        )

    def items(self) -> Items:
        """Errors of single faces, for comparing two reports."""
        values = {
            f"{method} {points}": self.errors.nme(method, points, self.normalisation)
            for method in self.errors.methods
            for points in self.errors.point_sets
        }
        protocol = {
            "name": self.name,
            "half": self.half,
            "annotation": self.options.annotation,
            "offsets": "removed" if self.options.offsets else "kept",
        }
        samples = self.errors.samples
        return Items(protocol, tuple(s.name for s in samples), tuple(s.subject for s in samples), values)

    def missing(self) -> dict[str, list[str]]:
        """By method, the names of the faces that it did not find."""
        return {
            method: [s.name for s, lost in zip(self.errors.samples, self.errors.missing[method], strict=True) if lost]
            for method in self.errors.methods
        }

    def plain(self) -> dict[str, Any]:
        """Plain values for NAME.json."""
        names = [sample.name for sample in self.errors.samples]
        return {
            "benchmark": self.benchmark.title,
            "normalisation": self.normalisation,
            "groups": {group: [names[k] for k in np.flatnonzero(self.errors.members[group])] for group in self.groups},
            "missing": self.missing(),
            "curves": {
                group: {c.name: {"nme": c.x, "faces": c.y} for c in self.curves(group)} for group in self.groups
            },
            "notes": list(self.notes),
        }

    def _points_table(self, group: str) -> Table:
        sets = self.errors.point_sets
        figures = [make_figures(self.errors, points, group, self.normalisation, self.seed) for points in sets]
        rows = tuple((method, *(_cell(of.get(method)) for of in figures)) for method in self.errors.methods)
        faces = int(self.errors.members[group].sum())
        return Table(
            f"{self.benchmark.title}, {group}, {faces} faces: {self._unit(self.normalisation)}",
            ("method", *sets),
            rows,
            _published(self.benchmark.by_points, sets),
            self._notes(self.benchmark.by_points),
        )

    def _groups_table(self) -> Table:
        unit, groups = self.normalisation, self.benchmark.balanced
        figures = [make_figures(self.errors, OVERALL, group, unit, self.seed) for group in self.groups]
        balanced = make_balanced(self.errors, OVERALL, groups, unit, self.seed) if groups else {}
        columns = (*self.groups, *(("balanced", "std") if groups else ()))
        rows: list[Row] = []
        for method in self.errors.methods:
            mean = balanced.get(method)
            last = (_cell(mean and mean.figure), Cell(mean and mean.std, form=".2f")) if groups else ()
            rows.append((method, *(Cell(of[method].mean, form=".2f") for of in figures), *last))
        return Table(
            f"{self.benchmark.title}, all 68 points by group: {self._unit(unit)}",
            ("method", *columns),
            tuple(rows),
            _published(self.benchmark.by_group, columns),
            self._notes(self.benchmark.by_group),
        )

    def _curves_table(self, group: str) -> Table:
        rows: list[Row] = []
        members = self.errors.members[group]
        for method in self.errors.methods:
            nme = self.errors.nme(method, OVERALL, self.normalisation)[members]
            areas = (Cell(100 * curve_area(nme, limit), form=".1f") for limit in LIMITS)
            failures = (Cell(100 * failure_share(nme, limit), form=".1f") for limit in LIMITS)
            lost = int(self.errors.missing[method][members].sum())
            rows.append((method, Cell(float(np.median(nme)), form=".2f"), *areas, *failures, str(lost)))
        columns = ("method", "median", *(f"AUC {x:g}" for x in LIMITS), *(f"> {x:g}" for x in LIMITS), "missed")
        title = f"{self.benchmark.title}, {group}: all 68 points, median, area under the curve and failures, %"
        return Table(title, columns, tuple(rows))

    def _units_table(self, group: str) -> Table:
        units = self.benchmark.normalisations
        figures = [make_figures(self.errors, OVERALL, group, unit, self.seed) for unit in units]
        rows = tuple((method, *(Cell(of[method].mean, form=".2f") for of in figures)) for method in self.errors.methods)
        notes = tuple(f"{unit}: {UNITS[unit]}." for unit in units)
        title = f"{self.benchmark.title}, {group}: all 68 points, NME, % of different units{self._offsets}"
        return Table(title, ("method", *units), rows, notes=notes)

    @property
    def _offsets(self) -> str:
        return ", offsets removed" if self.options.offsets else ""

    def _unit(self, normalisation: Normalisation) -> str:
        return f"NME, % of the {UNITS[normalisation]}{self._offsets}"

    def _notes(self, published: Sequence[Published]) -> tuple[str, ...]:
        lost = [f"{method} {len(names)}" for method, names in self.missing().items() if names]
        stand_in = "Faces that a method did not find count as a mean head on the face's box: " + ", ".join(lost) + "."
        sources = (self.benchmark.source,) if published else ()
        return (*self.notes, "Intervals: 95 %, subjects resampled.", *((stand_in,) if lost else ()), *sources)


def _cell(figure: Figure | None) -> Cell:
    return Cell(None) if figure is None else Cell(figure.mean, figure.interval, ".2f")


def _published(rows: Sequence[Published], columns: Sequence[str]) -> tuple[Row, ...]:
    return tuple((row.method, *(Cell(row.values.get(column), form=".2f") for column in columns)) for row in rows)
