"""What the NoW protocol says: pooled figures, groups, curves, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from manyfaces.bench.now.dataset import NowImage, Split
from manyfaces.bench.now.measuring import Measurement, Mode
from manyfaces.bench.now.published import PUBLISHED_VALIDATION
from manyfaces.bench.now.summary import GROUPS, STATISTICS, Figures, group_of, pool
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

MODES: tuple[Mode, ...] = ("nonmetrical", "metrical")
CURVE_MM, CURVE_STEPS = 8.0, 400
"""Curves end where the published ones do."""

CURVE_GROUPS = ("all", "unoccluded", "occluded")
CURVE_LEVELS_MM = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)


@dataclass(frozen=True)
class ModeResult:
    """The figures of one mode.

    Attributes:
        distances: of each image, mm.
        figures: pooled, by group; groups without images are left out.
        curves: percentage of the vertices whose error is not above each level, by group.
    """

    distances: tuple[Float32[np.ndarray, "_"], ...]
    figures: Mapping[str, Figures]
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class NowReport:
    """Result of the NoW protocol.

    Attributes:
        split: which list was measured.
        unit: of the predictions.
        seed: of the intervals' resamples.
        images: those measured, in the order of the list.
        missing: those without a prediction.
        modes: results; metrical only where predictions have a unit.
    """

    split: Split
    unit: str
    seed: int
    images: tuple[NowImage, ...]
    missing: tuple[NowImage, ...]
    modes: Mapping[Mode, ModeResult]

    def write(self, out: Path) -> None:
        """Write `now.json`, `now.md`, `now.tex`, `now.csv` and pictures of the curves into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        pictures = {
            f"now_{mode}": draw_curves(
                f"NoW, {self.split}, {mode}", "distance, mm", "% of the scans' vertices", result.curves, (0, CURVE_MM)
            )
            for mode, result in self.modes.items()
        }
        source = provenance(seed=self.seed, split=self.split, unit=self.unit)
        write_report("now", self.tables(), out, source, self.plain(), self.items(), pictures)

    def tables(self) -> tuple[Table, ...]:
        """Pooled figures and curves of each mode."""
        return tuple(
            table for mode in self.modes for table in (self._figures_table(mode), _curves_table(self.modes[mode], mode))
        )

    def plain(self) -> dict[str, Any]:
        """Plain values for `now.json`."""
        rows = [
            {
                "image": str(image),
                "vertices": len(self.modes["nonmetrical"].distances[k]),
                **{mode: _of_one(result.distances[k]) for mode, result in self.modes.items()},
            }
            for k, image in enumerate(self.images)
        ]
        return {
            **{mode: self.modes[mode].figures["all"].plain() if mode in self.modes else None for mode in MODES},
            "images": rows,
            "missing": [str(image) for image in self.missing],
            "groups": {mode: _plain_groups(result.figures) for mode, result in self.modes.items()},
            "curves": {mode: _plain_curves(result.curves) for mode, result in self.modes.items()},
        }

    def items(self) -> Items:
        """Figures of single images, for comparing two reports."""
        values = {
            f"{mode} {name}": np.array([_of_one(d)[name] for d in result.distances])
            for mode, result in self.modes.items()
            for name in STATISTICS
        }
        names, subjects = tuple(map(str, self.images)), tuple(image.subject for image in self.images)
        return Items({"name": "now", "split": self.split}, names, subjects, values)

    def _figures_table(self, mode: Mode) -> Table:
        rows: tuple[Row, ...] = tuple(
            (group, str(f.n_images), *(Cell(getattr(f, name), f.intervals.get(name), ".2f") for name in STATISTICS))
            for group, f in self.modes[mode].figures.items()
        )
        published = PUBLISHED_VALIDATION if (self.split, mode) == ("validation", "nonmetrical") else ()
        return Table(
            f"NoW {self.split}, {mode}: distance of the scans' vertices, mm",
            ("images", "n", *STATISTICS),
            rows,
            tuple((row.method, "", *(Cell(value, form=".2f") for value in row.figures)) for row in published),
            self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        pooled = "Pooled over all vertices; intervals: 95 %, over subjects."
        n_missing = len(self.missing)
        if n_missing == 0:
            return (pooled,)
        listed = len(self.images) + n_missing
        return (pooled, f"{n_missing} of {listed} images have no prediction and are not in these figures.")


def make_report(
    split: Split,
    unit: str,
    images: Sequence[NowImage],
    measured: Sequence[Measurement],
    missing: Sequence[NowImage],
    seed: int,
) -> NowReport:
    """Pool measurements.

    Args:
        split: which list was measured.
        unit: of the predictions.
        images: those measured; at least one.
        measured: in their order.
        missing: those without a prediction.
        seed: of the intervals' resamples.
    """
    modes: dict[Mode, ModeResult] = {}
    for mode in MODES:
        distances = tuple(d for m in measured if (d := m.of(mode)) is not None)
        if distances:
            modes[mode] = _mode_result(images, distances, seed)
    return NowReport(split, unit, seed, tuple(images), tuple(missing), modes)


def _mode_result(images: Sequence[NowImage], distances: tuple[np.ndarray, ...], seed: int) -> ModeResult:
    members = {group: rows for group in GROUPS if (rows := group_of(images, group))}

    def inside(group: str) -> list[np.ndarray]:
        return [distances[k] for k in members[group]]

    figures = {g: pool(inside(g), [images[k].subject for k in rows], seed) for g, rows in members.items()}
    curves = tuple(
        cumulative_curve(group, np.concatenate(inside(group)), CURVE_MM, CURVE_STEPS + 1)
        for group in CURVE_GROUPS
        if group in members
    )
    return ModeResult(distances, figures, curves)


def _curves_table(result: ModeResult, mode: Mode) -> Table:
    rows = tuple(
        (curve.name, *(Cell(float(np.interp(mm, curve.x, curve.y)), form=".1f") for mm in CURVE_LEVELS_MM))
        for curve in result.curves
    )
    columns = ("images", *(f"{mm:g} mm" for mm in CURVE_LEVELS_MM))
    return Table(f"NoW, {mode}: % of the scans' vertices that are no further than", columns, rows)


def _of_one(distances: np.ndarray) -> dict[str, float]:
    values = distances.astype(np.float64)
    return {"median": float(np.median(values)), "mean": float(values.mean()), "std": float(values.std())}


def _plain_groups(figures: Mapping[str, Figures]) -> dict[str, Any]:
    return {
        group: {
            **f.plain(),
            "images": f.n_images,
            "vertices": f.n_vertices,
            "intervals": {name: [ends.low, ends.high] for name, ends in f.intervals.items()},
        }
        for group, f in figures.items()
    }


def _plain_curves(curves: Sequence[Curve]) -> dict[str, Any]:
    return {curve.name: {"mm": curve.x, "percent": curve.y} for curve in curves}
