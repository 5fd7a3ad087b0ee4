"""What a person's adapters gain: errors of the 68 points on frames that they have not learnt from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int

from manyfaces.bench.personal.ratios import ratio_interval
from manyfaces.bench.report import Bar, Cell, Items, Row, Table, bar, bar_table, provenance, write_report
from manyfaces.core.errors import InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.metrics import INNER_51, Interval, interocular_nme
from manyfaces.metrics.points import BOUNDARY_17

NAME = "personal_transfer"
Variant = Literal["base", "own", "other", "full"]
VARIANTS: Mapping[Variant, str] = {
    "base": "base model",
    "own": "with the person's adapters",
    "other": "with another person's adapters",
    "full": "fully fine-tuned to the person",
}
"""What can be run of a person, with its name in tables; there must be the base."""
PointSet = Literal["boundary", "inner", "overall"]
POINT_SETS: Mapping[PointSet, np.ndarray] = {
    "boundary": BOUNDARY_17,
    "inner": INNER_51,
    "overall": np.ones(68, bool),
}
LEAST_CUT, MOST_TRAINED = 25.0, 5.0
"""Goals, percent: how much of the error adapters take away, and of the parameters they are."""
FindPoints = Callable[[Variant], np.ndarray]
"""Where a variant puts the 68 points in all held-out frames of a person: (F, 68, 2), pixels."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """One person's held-out frames.

    Attributes:
        subject: who.
        truth_px: the 68 points as annotators would mark them.
        points_px: the same by each variant; the base model is needed, the others are left out where not run.
        clips: which clip each frame is of; whole clips are resampled. None: every frame stands for itself.
    """

    subject: str
    truth_px: Float[np.ndarray, "F 68 2"]
    points_px: Mapping[Variant, Float[np.ndarray, "F 68 2"]]
    clips: Int[np.ndarray, " F"] | None = None

    @staticmethod
    def of(
        subject: str,
        truth_px: Float[np.ndarray, "F 68 2"],
        find: FindPoints,
        variants: Sequence[Variant] = tuple(VARIANTS),
        clips: Int[np.ndarray, " F"] | None = None,
    ) -> "HeldOut":
        """Ask for the points of each variant."""
        return HeldOut(subject, truth_px, {variant: find(variant) for variant in variants}, clips)

    def nme(self, variant: Variant, points: PointSet) -> Float[np.ndarray, " F"]:
        """Errors of all frames, percent of the distance of the outer eye corners."""
        select = POINT_SETS[points]
        pairs = zip(self.points_px[variant], self.truth_px, strict=True)
        return np.array([interocular_nme(found.astype(float), true.astype(float), select) for found, true in pairs])

    @property
    def groups(self) -> Int[np.ndarray, " F"]:
        """What is resampled as a whole, by number."""
        return np.arange(len(self.truth_px)) if self.clips is None else self.clips


@dataclass(frozen=True)
class TransferReport:
    """Result of the protocol.

    Attributes:
        people: their held-out frames.
        trained_share: by variant the share of the parameters that was trained.
        seed: of the intervals.
    """

    people: tuple[HeldOut, ...]
    trained_share: Mapping[Variant, float] = field(default_factory=dict)
    seed: int = 0

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Bars; means over people; the cut of each person."""
        return (bar_table(self.bars), self._means(), *(self._people(points) for points in POINT_SETS))

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Those that everyone has, in the order of the tables."""
        return tuple(v for v in VARIANTS if all(v in person.points_px for person in self.people))

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """Adapters help those whose they are, harm others, and are few."""
        made = [
            bar(f"error that the person's adapters take away, {p} points, %", self._cut("own", p), low=LEAST_CUT)
            for p in POINT_SETS
        ]
        made.append(bar("the same with another person's adapters, all points, %", self._cut("other"), high=0.0))
        share = self.trained_share.get("own")
        made.append(bar("parameters trained, %", None if share is None else 100 * share, high=MOST_TRAINED))
        return tuple(made)

    def errors(self, variant: Variant, points: PointSet) -> Float[np.ndarray, " P"]:
        """The mean error of each person."""
        return np.array([person.nme(variant, points).mean() for person in self.people])

    def write(self, out: Path, device: str = "cpu", **facts: Any) -> None:
        """Write `personal_transfer.md`, `.tex`, `.csv` and `.json`.

        Args:
            out: the folder.
            device: where the networks ran.
            facts: what else the figures depend on.

        Raises:
            OutputError: they cannot be written.
        """
        bars = {"bars": [asdict(one) for one in self.bars]}
        write_report(NAME, self.tables, out, provenance(self.seed, device, **facts), bars, self.items())

    def items(self) -> Items:
        """Errors of all frames, for comparing two reports."""
        names = [f"{person.subject}/{k}" for person in self.people for k in range(len(person.truth_px))]
        subjects = [person.subject for person in self.people for _ in person.truth_px]
        values = {
            f"{variant} {points}": np.concatenate([person.nme(variant, points) for person in self.people])
            for variant in self.variants
            for points in POINT_SETS
        }
        return Items({"name": NAME}, tuple(names), tuple(subjects), values)

    def _cut(self, variant: Variant, points: PointSet = "overall") -> float | None:
        if variant not in self.variants:
            return None
        return 100 * float(1 - self.errors(variant, points).mean() / self.errors("base", points).mean())

    def _means(self) -> Table:
        rows: list[Row] = []
        for variant in self.variants:
            cells = [cell for points in POINT_SETS for cell in self._mean_cells(variant, points)]
            share = self.trained_share.get(variant)
            rows.append((VARIANTS[variant], *cells, Cell(None if share is None else 100 * share, form=".2f")))
        columns = [name for points in POINT_SETS for name in (points, f"{points}, cut %")]
        return Table(
            f"Held-out frames of {len(self.people)} people: NME, % of the distance of the outer eye corners",
            ("model", *columns, "parameters trained, %"),
            tuple(rows),
            notes=(
                "Every person counts alike. Cut: how much less than the base model. Intervals: 95 %, people resampled.",
            ),
        )

    def _mean_cells(self, variant: Variant, points: PointSet) -> tuple[Cell, Cell]:
        own, base = self.errors(variant, points), self.errors("base", points)
        mean = ratio_interval(own, np.ones_like(own), np.arange(len(own)), self._stream("mean", variant, points))
        if variant == "base":
            return Cell(float(own.mean()), mean, ".2f"), Cell(None)
        cut = _cut_interval(ratio_interval(own, base, np.arange(len(own)), self._stream("cut", variant, points)))
        return Cell(float(own.mean()), mean, ".2f"), Cell(self._cut(variant, points), cut, "+.1f")

    def _people(self, points: PointSet) -> Table:
        others: list[Variant] = [variant for variant in self.variants if variant != "base"]
        rows: list[Row] = []
        for person in self.people:
            base = person.nme("base", points)
            cells = [Cell(float(base.mean()), form=".2f")]
            for variant in others:
                own = person.nme(variant, points)
                stream = self._stream(person.subject, variant, points)
                cut = _cut_interval(ratio_interval(own, base, person.groups, stream))
                cells.append(Cell(100 * float(1 - own.mean() / base.mean()), cut, "+.1f"))
            rows.append((person.subject, str(len(base)), *cells))
        columns = ("person", "frames", "base, NME %", *(f"{VARIANTS[variant]}, cut %" for variant in others))
        note = (
            "Intervals: 95 %, clips of the person resampled; frames where all are of one clip, too narrow for others."
        )
        return Table(
            f"By person, {points} points: how much of the base model's error is gone", columns, tuple(rows), (), (note,)
        )

    def _stream(self, *names: str) -> torch.Generator:
        return torch_generator(self.seed, "personal transfer", *names)


def measure_transfer(
    people: Sequence[HeldOut], trained_share: Mapping[Variant, float] | None = None, seed: int = 0
) -> TransferReport:
    """Compare what was run of each person.

    Args:
        people: their held-out frames.
        trained_share: by variant the share of the parameters that was trained.
        seed: of the intervals.

    Raises:
        InputError: nobody, a person without frames or base model, or points of other shapes than the truth's.
    """
    if not people:
        raise InputError("there is nobody to measure", "give at least one person's held-out frames")
    for person in people:
        if len(person.truth_px) == 0 or "base" not in person.points_px:
            raise InputError(f"{person.subject} has no held-out frames, or no base model", "leave the person out")
        if any(found.shape != person.truth_px.shape for found in person.points_px.values()):
            raise InputError(f"{person.subject} has points of other frames than the truth's", "measure all on the same")
    return TransferReport(tuple(people), dict(trained_share or {}), seed)


def _cut_interval(ratio: Interval | None) -> Interval | None:
    return None if ratio is None else Interval(100 * (1 - ratio.high), 100 * (1 - ratio.low))
