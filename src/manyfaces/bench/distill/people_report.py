"""What the protocol says of held-out people: tables, bars, figures of single people."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from manyfaces.bench.distill.conditions import CONDITIONS, LEVELS, PATTERNED, UNOCCLUDED
from manyfaces.bench.distill.networks import CONTROL, MOPI, SOPI, TEACHER
from manyfaces.bench.distill.options import DistillOptions
from manyfaces.bench.distill.people import COLOURS, HISTOGRAM, ME, MEAN_FACE, PeopleScores
from manyfaces.bench.distill.people_tables import PeopleTables
from manyfaces.bench.report import Bar, Items, Table, bar, bar_table, provenance, write_report

NAME = "distill"
LABEL_RUN, PERCEPTUAL_RUN = "mopi-label", "mopi-perceptual"


@dataclass(frozen=True)
class PeopleReport:
    """Result on held-out people.

    Attributes:
        scores: what was measured.
        options: how.
    """

    scores: PeopleScores
    options: DistillOptions

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Bars, then the paper's tables, then what it has not."""
        return bar_table(self.bars), *self._tables.all()

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """Figures with goals; what was not given is not measured."""
        return (
            bar("teacher, clear faces: ME, px", self._mean(TEACHER, UNOCCLUDED), high=2.0),
            bar("sopi / teacher, clear faces", self._ratio(SOPI, TEACHER, UNOCCLUDED), high=1.1),
            *(bar(f"teacher / sopi, {level}", self._ratio(TEACHER, SOPI, level), low=2.0) for level in LEVELS[2:]),
            *(
                bar(f"{name}: least step of ME from one level to the next, px", self._least_step(name), low=0.0)
                for name in (TEACHER, SOPI)
            ),
            bar("sopi / teacher, spread over colours", self._colour_ratio(), high=1 / 3),
            bar("mopi / sopi, patterns", self._ratio(MOPI, SOPI, PATTERNED), high=1.0),
            bar("mopi / control, patterns", self._ratio(MOPI, CONTROL, PATTERNED), high=1.0),
            bar("mopi / mopi with labels only, patterns", self._ratio(MOPI, LABEL_RUN, PATTERNED), high=1.0),
            bar("mopi with faces only / mean face, patterns", self._ratio(PERCEPTUAL_RUN, MEAN_FACE, PATTERNED), low=1),
        )

    def items(self) -> Items:
        """ME and histogram dissimilarity of every person, for comparing two reports."""
        n = self.options.n_people
        names = tuple(f"{k:05d}" for k in range(n))
        values = {
            f"{method} {condition} {figure}": self.scores.figure(method, condition, figure)
            for method in self.scores.methods
            for condition in CONDITIONS
            for figure in (ME, HISTOGRAM)
        }
        protocol = {"name": NAME, "head": self.options.head, "people": str(n), "seed": str(self.options.seed)}
        return Items(protocol, names, names, values)

    def plain(self) -> dict[str, Any]:
        """Means by method and condition, and the bars."""
        means: Mapping[str, Mapping[str, float]] = {
            method: {condition: float(self.scores.figure(method, condition, ME).mean()) for condition in CONDITIONS}
            for method in self.scores.methods
        }
        return {"me_px": means, "bars": [asdict(one) for one in self.bars]}

    def write(self, out: Path) -> None:
        """Write `distill.md`, `.tex`, `.csv` and `.json`.

        Raises:
            OutputError: they cannot be written.
        """
        options = self.options
        places = ", ".join(f"{name} {place}" for name, place in options.networks.items())
        source = provenance(options.seed, options.device, networks=places, head=options.head, people=options.n_people)
        write_report(NAME, self.tables, out, source, self.plain(), self.items())

    @cached_property
    def _tables(self) -> PeopleTables:
        return PeopleTables(self.scores, self.options.seed)

    def _mean(self, method: str, condition: str) -> float | None:
        if method not in self.scores.methods:
            return None
        return float(self.scores.figure(method, condition, ME).mean())

    def _ratio(self, above: str, below: str, condition: str) -> float | None:
        return self._tables.ratio(above, below, condition).value

    def _least_step(self, method: str) -> float | None:
        means = [self._mean(method, level) for level in LEVELS]
        known = [mean for mean in means if mean is not None]
        return min((after - before for before, after in pairwise(known)), default=None)

    def _colour_ratio(self) -> float | None:
        spreads = [self.scores.columns.get(f"{name}/{COLOURS}") for name in (SOPI, TEACHER)]
        own, first = (None if spread is None else float(np.mean(spread)) for spread in spreads)
        return own / first if own is not None and first else None
