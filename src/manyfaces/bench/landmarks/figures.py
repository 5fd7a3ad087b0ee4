"""From points to figures: errors of single faces, then means of groups with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from manyfaces.bench.landmarks.benchmarks import MAPPED
from manyfaces.bench.landmarks.halves import NO_OFFSETS
from manyfaces.bench.landmarks.methods import Predicted, method_names
from manyfaces.bench.photo_set import Half
from manyfaces.bench.scoring import best_error, distances
from manyfaces.core.seeds import torch_generator
from manyfaces.data.landmarks import LandmarkSample
from manyfaces.metrics import INNER_51, Interval
from manyfaces.metrics.bootstrap import percentile_interval, resampled_means
from manyfaces.metrics.points import BOUNDARY_17, NORMALISATIONS, Normalisation, unit_px

PointSet = Literal["boundary", "inner", "overall", "visible", "hidden"]
POINT_SETS: tuple[PointSet, ...] = ("boundary", "inner", "overall", "visible", "hidden")


@dataclass(frozen=True, eq=False)
class ErrorTable:
    """The errors of all faces.

    Attributes:
        samples: the faces.
        methods: in the order of the tables.
        errors_px: by method and set of points: the mean distance of the set's points, of the best hypothesis if there
            are several; not a number where a face has no point of the set.
        units_px: what they are divided by, by normalisation.
        missing: by method, which faces it did not find.
    """

    samples: tuple[LandmarkSample, ...]
    methods: tuple[str, ...]
    errors_px: Mapping[tuple[str, PointSet], Float[np.ndarray, " n"]]
    units_px: Mapping[Normalisation, Float[np.ndarray, " n"]]
    missing: Mapping[str, Bool[np.ndarray, " n"]]

    def nme(self, method: str, points: PointSet, normalisation: Normalisation) -> Float[np.ndarray, " n"]:
        """Errors of all faces, percent of the unit."""
        return 100 * self.errors_px[method, points] / self.units_px[normalisation]

    @cached_property
    def members(self) -> Mapping[str, Bool[np.ndarray, " n"]]:
        """By group, which faces count in it."""
        groups = dict.fromkeys(group for sample in self.samples for group in sample.groups)
        return {group: np.array([group in sample.groups for sample in self.samples]) for group in groups}

    @cached_property
    def subjects(self) -> Int[np.ndarray, " n"]:
        """By number, whose each face is."""
        return np.unique(np.array([sample.subject for sample in self.samples]), return_inverse=True)[1]

    @property
    def point_sets(self) -> tuple[PointSet, ...]:
        """The sets that any face has points of."""
        first = self.methods[0]
        return tuple(points for points in POINT_SETS if not np.isnan(self.errors_px[first, points]).all())


@dataclass(frozen=True)
class Figure:
    """One figure of the tables.

    Attributes:
        mean: NME, percent, over the faces that have points of the set.
        interval: of the mean, 95 %, subjects resampled.
    """

    mean: float
    interval: Interval


def selected_points(sample: LandmarkSample, points: PointSet) -> Bool[np.ndarray, "68"]:
    """The annotated points of a face that count in a set; none where its visibility is not known."""
    if points in ("visible", "hidden"):
        chosen = np.zeros(68, bool) if sample.visible is None else sample.visible == (points == "visible")
    else:
        chosen = {"boundary": BOUNDARY_17, "inner": INNER_51, "overall": np.ones(68, bool)}[points]
    return chosen & sample.annotated


def measure_errors(
    predicted: Sequence[Predicted],
    offsets: Mapping[Half, Float[np.ndarray, "68 2"]],
    halves: Mapping[LandmarkSample, Half],
) -> ErrorTable:
    """Measure all faces.

    Args:
        predicted: points of all faces; at least one.
        offsets: to be removed from our own methods' points on the faces of each half.
        halves: of the faces.
    """
    methods = method_names(predicted)
    errors: dict[tuple[str, PointSet], list[float]] = {(m, p): [] for m in methods for p in POINT_SETS}
    for face in predicted:
        truth = face.sample.points_px
        px_from_percent = unit_px(truth, "interocular") / 100
        for method in methods:
            constant = offsets[halves[face.sample]] if method in MAPPED else NO_OFFSETS
            away = px_from_percent * distances(face.points_px[method], truth, constant)
            for points in POINT_SETS:
                select = selected_points(face.sample, points)
                errors[method, points].append(best_error(away, select) if select.any() else np.nan)
    samples = tuple(face.sample for face in predicted)
    return ErrorTable(
        samples,
        methods,
        {key: np.array(value) for key, value in errors.items()},
        {unit: np.array([unit_px(sample.points_px, unit) for sample in samples]) for unit in NORMALISATIONS},
        {method: np.array([method in face.missing for face in predicted]) for method in methods},
    )


def make_figures(
    table: ErrorTable, points: PointSet, group: str, normalisation: Normalisation, seed: int
) -> dict[str, Figure]:
    """One figure for each method, resampled alike; none where no face of the group has points of the set."""
    values = _values(table, points, normalisation)
    rows = table.members[group] & ~np.isnan(values[:, 0])
    if not rows.any():
        return {}
    resamples = _resampled(table, values, rows, torch_generator(seed, "intervals", points, group, normalisation))
    return _figures(table, values[rows].mean(0), resamples)


@dataclass(frozen=True)
class Balanced:
    """The mean of the means of groups, each with the same weight.

    Attributes:
        figure: the mean; its interval from resamples within each group.
        std: of the groups' means, dividing by their number.
    """

    figure: Figure
    std: float


def make_balanced(
    table: ErrorTable, points: PointSet, groups: Sequence[str], normalisation: Normalisation, seed: int
) -> dict[str, Balanced]:
    """The balanced mean of groups that share no subject, for each method; none where one of them has no face."""
    values = _values(table, points, normalisation)
    known = ~np.isnan(values[:, 0])
    members = [table.members.get(group, np.zeros(len(values), bool)) & known for group in groups]
    if not all(rows.any() for rows in members):
        return {}
    means = np.stack([values[rows].mean(0) for rows in members])
    generator = torch_generator(seed, "balanced", points, normalisation)
    resamples = torch.stack([_resampled(table, values, rows, generator) for rows in members]).mean(0)
    stds = means.std(0).tolist()
    figures = _figures(table, means.mean(0), resamples)
    return {method: Balanced(figure, std) for (method, figure), std in zip(figures.items(), stds, strict=True)}


def _values(table: ErrorTable, points: PointSet, normalisation: Normalisation) -> Float[np.ndarray, "n K"]:
    """Errors of all methods; which of them are no number depends on the face alone."""
    return np.stack([table.nme(method, points, normalisation) for method in table.methods], 1)


def _resampled(
    table: ErrorTable, values: Float[np.ndarray, "n K"], rows: Bool[np.ndarray, " n"], generator: torch.Generator
) -> Float[torch.Tensor, "R K"]:
    return resampled_means(torch.from_numpy(values[rows]), torch.from_numpy(table.subjects[rows]), generator)


def _figures(
    table: ErrorTable, means: Float[np.ndarray, " K"], resamples: Float[torch.Tensor, "R K"]
) -> dict[str, Figure]:
    columns = zip(table.methods, means.tolist(), resamples.unbind(1), strict=True)
    return {method: Figure(mean, percentile_interval(column)) for method, mean, column in columns}
