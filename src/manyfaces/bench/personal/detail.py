"""How good displacement maps are: on skin that the photo shows, on skin that it hides, and where wrinkles come."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from manyfaces.bench.personal.ratios import ratio_interval
from manyfaces.bench.report import Bar, Cell, Items, Picture, Row, Table, bar, bar_table, provenance, write_report
from manyfaces.core.errors import InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.metrics.vertices import MM_PER_M

NAME, PHOTO_NAME, OWN_NAME = "personal_detail", "personal_photo_detail", "personal_own_detail"
"""Of reports: skin laid out by the true face, skin of photos by the predicted one, and persons' own networks."""
TEACHER, STUDENT, RESNET, NO_TEACHER, NO_TENSION = "teacher", "student", "resnet", "no teacher", "no tension"
OTHER_TENSION = "other tension"
OWN, OTHER, FLAT = "own", "other", "flat"
METHODS: Mapping[str, str] = {
    TEACHER: "U-Net teacher",
    STUDENT: "student",
    RESNET: "ResNet in place of the student",
    NO_TEACHER: "student without the teacher's loss",
    NO_TENSION: "student, tension off",
    OTHER_TENSION: "student, another expression's tension",
    OWN: "the person's own student",
    OTHER: "another person's",
    FLAT: "no relief at all",
}
"""Rows that the bars are about, in the order of the tables; others may be measured beside them."""
LEAST_WRINKLES, MOST_WITHOUT_TENSION, LEAST_HIDDEN_CUT = 0.5, 0.1, 20.0
MEASURES = ("visible", "hidden", "wrinkles")
_COLUMNS = (("visible skin, mm", ".3f"), ("hidden skin, mm", ".3f"), ("wrinkles, r", ".2f"))  # of these
_OF_ERRORS = "Root mean squared errors. Photos count alike; intervals: 95 %, people resampled."
_OF_WRINKLES = (
    "Wrinkles: correlation of the change that an expression's tension makes with the true one; with tension off it is "
    "0 by construction, for nothing else tells of the expression."
)


@dataclass(frozen=True, eq=False)
class DetailMaps:
    """What a method says of one photo; metres.

    Attributes:
        shown: the displacements for the photo and its own expression.
        changed: those for the same photo and another expression's tension, minus those for no tension; None where this
            was not asked.
    """

    shown: Float[np.ndarray, "H W"]
    changed: Float[np.ndarray, "H W"] | None = None


@dataclass(frozen=True, eq=False)
class DetailCase:
    """One photo of a person whose skin is known.

    Attributes:
        subject: who.
        truth: what is true, in the form in which methods say it.
        visible: texels of skin that the photo shows.
        hidden: texels of skin that it does not.
        said: by method.
    """

    subject: str
    truth: DetailMaps
    visible: Bool[np.ndarray, "H W"]
    hidden: Bool[np.ndarray, "H W"]
    said: Mapping[str, DetailMaps]

    def rmse_mm(self, method: str, where: Bool[np.ndarray, "H W"]) -> float:
        """Root of the mean squared error over some texels, millimetres; not a number where there are none."""
        if not where.any():
            return float("nan")
        wrong = self.said[method].shown[where] - self.truth.shown[where]
        return MM_PER_M * float(np.sqrt(np.square(wrong.astype(float)).mean()))

    def wrinkles(self, method: str) -> float:
        """Correlation of predicted and true change of the skin by the expression, over all skin.

        Zero where nothing changes, as it must without tension; not a number where it was not asked.
        """
        said, true = self.said[method].changed, self.truth.changed
        if said is None or true is None:
            return float("nan")
        skin = self.visible | self.hidden
        return correlation(said[skin], true[skin])

    def measured(self, method: str) -> tuple[float, float, float]:
        """The three `MEASURES`."""
        return self.rmse_mm(method, self.visible), self.rmse_mm(method, self.hidden), self.wrinkles(method)


def correlation(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> float:
    """Pearson's r; zero where one of both is constant."""
    a, b = (values.astype(float) - values.astype(float).mean() for values in (first, second))
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b / length) if length > 0 else 0.0


@dataclass(frozen=True)
class DetailReport:
    """Result of the protocol.

    Attributes:
        cases: photos.
        methods: in the order of the table.
        seed: of the intervals.
        name: of the report; it says which bars there are.
    """

    cases: tuple[DetailCase, ...]
    methods: tuple[str, ...]
    seed: int = 0
    name: str = NAME

    @cached_property
    def values(self) -> Mapping[str, Float[np.ndarray, "n 3"]]:
        """By method the `MEASURES` of each photo."""
        return {m: np.array([case.measured(m) for case in self.cases], float) for m in self.methods}

    @property
    def tables(self) -> tuple[Table, ...]:
        """Bars, and the errors of all methods."""
        return (bar_table(self.bars), self._errors()) if self.bars else (self._errors(),)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What the report is about; photos have none."""
        if self.name == PHOTO_NAME:
            return ()
        return self._own_bars if self.name == OWN_NAME else self._bars

    @property
    def _own_bars(self) -> tuple[Bar, ...]:
        """A person's own network knows what their photos have shown, and nobody else's does."""
        hidden = {m: self.mean(m, 1) for m in (TEACHER, OWN)}
        visible = {m: self.mean(m, 0) for m in (STUDENT, OWN, OTHER)}
        return (
            bar(
                "how much less the own student's error on hidden skin is than the teacher's, %",
                _cut(hidden[OWN], hidden[TEACHER]),
                low=LEAST_HIDDEN_CUT,
            ),
            bar(
                "own student's error over everybody's student's on visible skin",
                _over(visible[OWN], visible[STUDENT]),
                high=1.0,
            ),
            bar(
                "another person's student's error over everybody's on visible skin",
                _over(visible[OTHER], visible[STUDENT]),
                low=1.0,
            ),
            bar("correlation of the own student's wrinkles with true ones", self.mean(OWN, 2), low=LEAST_WRINKLES),
        )

    @property
    def _bars(self) -> tuple[Bar, ...]:
        """The teacher is at least as good where it sees, the student where it does not, and tension makes wrinkles."""
        visible, hidden = ({m: self.mean(m, k) for m in (TEACHER, STUDENT)} for k in (0, 1))
        off = self.mean(NO_TENSION, 2)
        return (
            bar(
                "teacher's error over the student's on visible skin",
                _over(visible[TEACHER], visible[STUDENT]),
                high=1.0,
            ),
            bar(
                "how much less the student's error on hidden skin is than the teacher's, %",
                _cut(hidden[STUDENT], hidden[TEACHER]),
                low=LEAST_HIDDEN_CUT,
            ),
            bar("correlation of the student's wrinkles with true ones", self.mean(STUDENT, 2), low=LEAST_WRINKLES),
            bar("the same with tension off, size", None if off is None else abs(off), high=MOST_WITHOUT_TENSION),
        )

    def mean(self, method: str, measure: int) -> float | None:
        """Mean of one of `MEASURES` over the photos that have it; None where none has."""
        values = self.values[method][:, measure] if method in self.values else np.zeros(0)
        known = values[~np.isnan(values)]
        return float(known.mean()) if len(known) else None

    def write(
        self, out: Path, device: str = "cpu", pictures: Mapping[str, Picture] | None = None, **facts: Any
    ) -> None:
        """Write a `.md`, `.tex`, `.csv` and `.json` of its name, and pictures.

        Args:
            out: the folder; made if missing.
            device: where the networks ran.
            pictures: by file name without ending.
            facts: what else the figures depend on.

        Raises:
            OutputError: they cannot be written.
        """
        bars = {"bars": [asdict(one) for one in self.bars]}
        write_report(self.name, self.tables, out, provenance(self.seed, device, **facts), bars, self.items(), pictures)

    def items(self) -> Items:
        """Figures of all photos, for comparing two reports."""
        names = tuple(f"{case.subject}/{k}" for k, case in enumerate(self.cases))
        values = {f"{m} {name}": self.values[m][:, k] for m in self.methods for k, name in enumerate(MEASURES)}
        return Items({"name": self.name}, names, tuple(case.subject for case in self.cases), values)

    def _errors(self) -> Table:
        of_photos = self.name == PHOTO_NAME
        columns = _COLUMNS[:2] if of_photos else _COLUMNS
        rows: list[Row] = [
            (METHODS.get(m, m), *(self._cell(m, k, form) for k, (_, form) in enumerate(columns))) for m in self.methods
        ]
        title = f"Displacements on {len(self.cases)} photos of {len({case.subject for case in self.cases})} people"
        notes = (_OF_ERRORS,) if of_photos else (_OF_ERRORS, _OF_WRINKLES)
        return Table(title, ("method", *(name for name, _ in columns)), tuple(rows), (), notes)

    def _cell(self, method: str, measure: int, form: str) -> Cell:
        values = self.values[method][:, measure]
        known = ~np.isnan(values)
        if not known.any():
            return Cell(None)
        people = np.unique([case.subject for case in self.cases], return_inverse=True)[1].reshape(-1)[known]
        generator = torch_generator(self.seed, "personal detail", MEASURES[measure])
        interval = ratio_interval(values[known], np.ones(int(known.sum())), people, generator)
        return Cell(float(values[known].mean()), interval, form)


def measure_detail(cases: Sequence[DetailCase], seed: int = 0, name: str | None = None) -> DetailReport:
    """Compare what methods say of photos.

    Args:
        cases: photos of people whose skin is known; all with the same methods.
        seed: of the intervals.
        name: of the report; by default that of persons' own networks where some are among the methods, else `NAME`.

    Raises:
        InputError: no photos, or not the same methods on all.
    """
    if not cases:
        raise InputError("there are no photos to measure", "give at least one")
    said = set(cases[0].said)
    if any(set(case.said) != said for case in cases):
        raise InputError("not all methods were run on all photos", "run each on all, or leave it out")
    named = [method for method in METHODS if method in said]
    methods = (*named, *sorted(said - set(named)))
    return DetailReport(tuple(cases), methods, seed, name or (OWN_NAME if OWN in said else NAME))


def _over(first: float | None, second: float | None) -> float | None:
    return None if first is None or not second else first / second


def _cut(ours: float | None, theirs: float | None) -> float | None:
    ratio = _over(ours, theirs)
    return None if ratio is None else 100 * (1 - ratio)
