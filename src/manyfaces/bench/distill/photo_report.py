"""What the protocol says of annotated photos: errors, and how much each method suffers when the face is hidden."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from manyfaces.bench.distill.conditions import CONDITIONS, UNOCCLUDED
from manyfaces.bench.distill.networks import MOPI, SOPI, TEACHER
from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.distill.people_tables import MAIN
from manyfaces.bench.distill.photos import ALIGNED, MEASURES, Aligned, PhotoScores
from manyfaces.bench.photo_set import USUAL
from manyfaces.bench.report import Bar, Cell, Items, Row, Table, bar, bar_table, provenance, write_report
from manyfaces.core.seeds import torch_generator
from manyfaces.metrics import PairedDifference, bootstrap_mean, paired_bootstrap

NAME = "distill_photos"
HIDDEN = tuple(condition for condition in CONDITIONS if condition != UNOCCLUDED)
WORDS: Mapping[Aligned, str] = {
    "annotation": "cut by the annotated points",
    "detector": "cut by the detector's points",
}
NOTE = (
    "NME, percent of the distance of the outer eye corners; constant offsets between the head's 68 points and the "
    "annotation are kept, which all methods share. Intervals: 95 %, photos resampled."
)
FRAME_MEASURES = ("ME", "MSE x", "MSE y")
FRAME_NOTE = (
    "Divided by 2.24, ME is the paper's normalised one, percent of 224. Constant offsets are kept. Intervals: 95 %, "
    "photos resampled."
)
FOUND_NOTE = "Faces that the detector found with the occluder and without it; the same for all methods."


@dataclass(frozen=True)
class PhotoReport:
    """Result on annotated photos.

    Attributes:
        scores: what was measured.
        options: how.
        folder: of the photos, as it was named.
    """

    scores: PhotoScores
    options: DistillOptions
    folder: str

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Bars; for each way of cutting, errors and what hiding costs; then the inner points."""
        made: list[Table] = [bar_table(self.bars)]
        for group in self.groups:
            for aligned in ALIGNED:
                made += [self._errors(group, aligned, "all 68"), self._suffering(group, aligned)]
            made += [self._errors(group, aligned, "inner 51") for aligned in ALIGNED]
            made += [self._frame(group)]
        return tuple(made)

    @property
    def groups(self) -> tuple[str, ...]:
        """Of the faces; those of the landmark benchmarks that overlap are all there."""
        return tuple(dict.fromkeys(group for sample in self.scores.samples for group in sample.groups))

    @property
    def methods(self) -> tuple[str, ...]:
        """In the order of the tables."""
        main = [name for name in MAIN if name in self.scores.methods]
        return (*main, *(name for name in self.scores.methods if name not in main))

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """A student that suffers less than its teacher, behind anything; in the first group."""
        group = USUAL if USUAL in self.groups else self.groups[0]
        made = []
        for student in (SOPI, MOPI):
            for aligned in ALIGNED:
                less = self.less_suffering(student, group, aligned) if student in self.scores.methods else None
                name = f"{student} suffers more than the teacher, {WORDS[aligned]}, NME %"
                made.append(bar(name, less.difference if less else None, high=0.0))
        return tuple(made)

    def error(self, method: str, condition: str, aligned: Aligned, points: str = "all 68") -> Float[np.ndarray, " n"]:
        """One of `MEASURES` of all faces."""
        return self.scores.errors[method, condition, aligned][:, MEASURES.index(points)]

    def suffering(self, method: str, condition: str, aligned: Aligned) -> Float[np.ndarray, " n"]:
        """How much larger the error of each face is when it is hidden."""
        return self.error(method, condition, aligned) - self.error(method, UNOCCLUDED, aligned)

    def less_suffering(self, student: str, group: str, aligned: Aligned) -> PairedDifference | None:
        """What hiding costs the student, minus what it costs the teacher, over all that hides faces."""
        if TEACHER not in self.scores.methods:
            return None
        costs = [
            np.concatenate([self.suffering(method, c, aligned)[self._members(group)] for c in HIDDEN])
            for method in (TEACHER, student)
        ]
        known = ~np.isnan(costs[0])
        if not known.any():
            return None
        photos = np.tile(self._photos[self._members(group)], len(HIDDEN))[known]
        first, second = (torch.from_numpy(cost[known]) for cost in costs)
        generator = torch_generator(self.options.seed, "distill photos", student, aligned)
        return paired_bootstrap(first, second, torch.from_numpy(photos), generator)

    def items(self) -> Items:
        """All points of every face, for comparing two reports."""
        values = {
            f"{method} {condition} {aligned}": columns[:, 0]
            for (method, condition, aligned), columns in self.scores.errors.items()
        }
        protocol = {"name": NAME, "seed": str(self.options.seed)}
        samples = self.scores.samples
        return Items(protocol, tuple(s.name for s in samples), tuple(s.subject for s in samples), values)

    def plain(self) -> dict[str, Any]:
        """The bars."""
        return {"bars": [asdict(one) for one in self.bars]}

    def write(self, out: Path) -> None:
        """Write `distill_photos.md`, `.tex`, `.csv` and `.json`.

        Raises:
            OutputError: they cannot be written.
        """
        options = self.options
        places = ", ".join(f"{name} {place}" for name, place in options.networks.items())
        source = provenance(options.seed, options.device, networks=places, photos=self.folder)
        write_report(NAME, self.tables, out, source, self.plain(), self.items())

    @cached_property
    def _photos(self) -> Int[np.ndarray, " n"]:
        return np.unique([sample.subject for sample in self.scores.samples], return_inverse=True)[1].reshape(-1)

    def _members(self, group: str) -> Bool[np.ndarray, " n"]:
        return np.array([group in sample.groups for sample in self.scores.samples])

    def _cell(self, values: Float[np.ndarray, " n"], group: str) -> Cell:
        rows = self._members(group) & ~np.isnan(values)
        if not rows.any():
            return Cell(None)
        generator = torch_generator(self.options.seed, "distill photos", group)
        photos = torch.from_numpy(self._photos[rows])
        interval = (
            bootstrap_mean(torch.from_numpy(values[rows]), photos, generator) if len(photos.unique()) > 1 else None
        )
        return Cell(float(values[rows].mean()), interval, ".2f")

    def _faces(self, group: str, condition: str, aligned: Aligned) -> str:
        """How many faces count."""
        known = ~np.isnan(self.suffering(self.methods[0], condition, aligned))
        return str(int((known & self._members(group)).sum()))

    def _errors(self, group: str, aligned: Aligned, points: str) -> Table:
        rows: list[Row] = []
        for condition in CONDITIONS:
            # Only faces that were found on the clear photo too, so that rows can be compared with each other.
            also = 0 * self.suffering(self.methods[0], condition, aligned)
            cells = (self._cell(self.error(name, condition, aligned, points) + also, group) for name in self.methods)
            rows.append((condition, self._faces(group, condition, aligned), *cells))
        title = f"{group}, {points} points, {WORDS[aligned]}: NME, %"
        return Table(title, ("hidden by", "faces", *self.methods), tuple(rows), (), _notes(aligned))

    def _frame(self, group: str) -> Table:
        """The paper's Tables 1, 3 and 5 on photos."""
        columns = [f"{name} {measure}" for name in self.methods for measure in FRAME_MEASURES]
        rows: list[Row] = [
            (
                condition,
                *(
                    self._cell(self.error(name, condition, "annotation", measure), group)
                    for name in self.methods
                    for measure in FRAME_MEASURES
                ),
            )
            for condition in CONDITIONS
        ]
        title = f"{group}, {WORDS['annotation']}: ME and MSE as in the paper, pixels of 224 and square ones"
        return Table(title, ("hidden by", *columns), tuple(rows), (), (FRAME_NOTE,))

    def _suffering(self, group: str, aligned: Aligned) -> Table:
        rows: list[Row] = [
            (
                condition,
                self._faces(group, condition, aligned),
                *(self._cell(self.suffering(name, condition, aligned), group) for name in self.methods),
            )
            for condition in HIDDEN
        ]
        notes = [f"{_p_value(self.less_suffering(s, group, aligned), s)}" for s in (SOPI, MOPI) if s in self.methods]
        title = f"{group}, {WORDS[aligned]}: NME hidden minus NME clear, %, face by face"
        columns = ("hidden by", "faces", *self.methods)
        return Table(title, columns, tuple(rows), (), (*_notes(aligned), *(note for note in notes if note)))


def _p_value(less: PairedDifference | None, student: str) -> str:
    if less is None:
        return ""
    low, high = less.interval.low, less.interval.high
    return (
        f"Over all rows, hiding costs {student} {less.difference:+.2f} ({low:+.2f} to {high:+.2f}) against the "
        f"teacher; Wilcoxon's p {less.p_wilcoxon:.2g} over {less.n_subjects} photos."
    )


def _notes(aligned: Aligned) -> tuple[str, ...]:
    return (NOTE, FOUND_NOTE) if aligned == "detector" else (NOTE,)
