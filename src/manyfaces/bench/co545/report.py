"""What the protocol says, in the form of the paper's tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from manyfaces.bench.co545 import published
from manyfaces.bench.co545.measuring import IDEAL, MEAN, RANKED, Score, missing_pictures
from manyfaces.bench.report import Cell, Items, Row, Table, provenance, write_report
from manyfaces.core.seeds import torch_generator
from manyfaces.data.co545 import COVER_KINDS, NEUTRAL
from manyfaces.metrics.bootstrap import bootstrap_mean

Keep = Callable[[Score], bool]
Identities = Mapping[str, Mapping[str, tuple[float, float, float]]]
"""By the name of a set of random heads and by subject: median, mean and deviation of the best, mm."""

DIVERSITY = {"cse": "CSE", "min_asd_v": "minASD-V", "max_asd_v": "maxASD-V", "asd_o": "ASD-O"}
PLAUSIBILITY = {"ode": "ODE", "ode_o": "ODE-O", "ode_v": "ODE-V"}
HIDDEN = {
    "se_hidden": "SE hidden",
    "se_landmarks": "SE 68 points",
    "asd_hidden": "ASD hidden",
    "asd_o_literal": "ASD-O literal",
}
CALIBRATION = {
    "covered_seen": "in range, seen",
    "covered_hidden": "hidden",
    "energy_seen": "energy, seen",
    "energy_hidden": "hidden",
}
DIVERSE3D = {
    "diverse3d_cse": "CSE",
    "diverse3d_asd": "ASD",
    "diverse3d_asd_vis": "ASD visible",
    "diverse3d_asd_occ": "ASD occluded",
}
FINE = ".4f"
"""How figures are written that are zero but for the fourth digit."""

NORM_NOTE = "Per vertex; the paper prints a norm over all vertices, it seems: times the root of their number."


@dataclass(frozen=True)
class Co545Report:
    """Result of the protocol.

    Attributes:
        title: what was measured on.
        n_hypotheses: S.
        scores: of every method on every picture.
        random: best of sets of random heads.
        seed: of everything drawn.
        settings: for the head of the page.
    """

    title: str
    n_hypotheses: int
    scores: tuple[Score, ...]
    random: Identities
    seed: int
    settings: Mapping[str, str]

    @property
    def methods(self) -> tuple[str, ...]:
        """In the order of the tables."""
        return tuple(dict.fromkeys(score.method for score in self.scores if _is_occluded(score)))

    @property
    def missing(self) -> dict[str, tuple[str, ...]]:
        """Pictures without hypotheses, by method."""
        return missing_pictures(self.scores)

    def cell(self, method: str, figure: str, keep: Keep, form: str = ".3g") -> Cell:
        """Mean of a figure over the pictures that are kept, with its interval over people."""
        rows = self._rows(method, figure, keep)
        return self._mean([value for _, value in rows], [who for who, _ in rows], (method, figure), form)

    def tables(self) -> tuple[Table, ...]:
        """In the order of the paper, then what it has not."""
        n = self.n_hypotheses
        return (
            self._errors(),
            self._figures_table(
                "diversity (Table 4)",
                DIVERSITY,
                (
                    f"Pictures with an occluder, S = {n}; CSE and ASD-V in mm, ASD-O better when larger.",
                    "The paper's CSE is read as centimetres: docs/co545.md.",
                    published.NOTE,
                ),
                published.TABLE_4,
            ),
            self._figures_table(
                "plausibility (Table 4)",
                PLAUSIBILITY,
                ("Mean of max(0, Mahalanobis distance - limit), standard deviations.", published.NOTE),
                published.TABLE_4,
                FINE,
            ),
            self._by_kind("std_s", "STD-S by occluder, mm (Table 5)", (NORM_NOTE,)),
            self._by_kind("ode", "ODE by occluder (Table 5)", (), FINE),
            self._identities(),
            self._figures_table("where the face is hidden, mm", HIDDEN, ("ASD-O literal as the paper prints it.",)),
            self._figures_table("calibration", CALIBRATION, (_calibration_note(n),)),
            self._figures_table(
                "as Diverse3D's code measures, mm",
                DIVERSE3D,
                ("Whole heads, not aligned; occluded by the mask alone, so that the back of the head is visible.",),
            ),
        )

    def write(self, out: Path, device: str) -> None:
        """Write `co545.md`, `.tex`, `.csv` and `.json`.

        Raises:
            OutputError: they cannot be written.
        """
        source = provenance(self.seed, device, **self.settings)
        write_report("co545", self.tables(), out, source, self.plain(), self.items())

    def plain(self) -> dict[str, Any]:
        """Means of all figures on the occluded pictures, by method; and what is missing."""
        names = list(dict.fromkeys(name for score in self.scores for name in score.figures or {}))
        means = {
            method: {name: _plain_mean([v for _, v in self._rows(method, name, _is_occluded)]) for name in names}
            for method in self.methods
        }
        return {"figures": means, "missing": {method: list(names) for method, names in self.missing.items()}}

    def items(self) -> Items:
        """The first method's figures on each occluded picture."""
        own = [s for s in self.scores if s.method == self.methods[0] and _is_occluded(s)]
        names = list(dict.fromkeys(name for score in own for name in score.figures or {}))
        values = {name: np.array([(score.figures or {}).get(name, np.nan) for score in own]) for name in names}
        protocol = {"protocol": "co545", "data": self.title, "hypotheses": str(self.n_hypotheses)}
        return Items(protocol, tuple(s.name for s in own), tuple(s.subject for s in own), values)

    def _rows(self, method: str, figure: str, keep: Keep) -> list[tuple[str, float]]:
        """Subject and value of the pictures that are kept."""
        rows = [score for score in self.scores if score.method == method and keep(score)]
        return [(score.subject, score.figures[figure]) for score in rows if score.figures and figure in score.figures]

    def _mean(
        self, values: Sequence[float], subjects: Sequence[str], stream: tuple[str, ...], form: str = ".3g"
    ) -> Cell:
        known = [k for k, value in enumerate(values) if value == value]
        if not known:
            return Cell(None)
        people = {name: number for number, name in enumerate(dict.fromkeys(subjects))}
        kept = torch.tensor([values[k] for k in known], dtype=torch.float64)
        owner = torch.tensor([people[subjects[k]] for k in known])
        interval = (
            bootstrap_mean(kept, owner, torch_generator(self.seed, "co545", *stream)) if len(people) > 1 else None
        )
        return Cell(float(kept.mean()), interval, form)

    def _errors(self) -> Table:
        columns: dict[str, Keep] = {
            "N unocc": lambda s: s.picture == "clean" and s.expression == NEUTRAL,
            "N occ": lambda s: s.picture == "occluded" and s.expression == NEUTRAL,
            "E unocc": lambda s: s.picture == "clean" and s.expression != NEUTRAL,
            "E occ": lambda s: s.picture == "occluded" and s.expression != NEUTRAL,
        }
        counts = [Cell(float(len({s.name for s in self.scores if keep(s)})), form=".0f") for keep in columns.values()]
        rows = [(m, *(self.cell(m, "se", keep) for keep in columns.values())) for m in self.methods]
        return Table(
            f"{self.title}: SE, mm (Table 3)",
            ("method", *columns),
            (*rows, ("pictures", *counts)),
            tuple((name, *(Cell(row[c]) for c in columns)) for name, row in published.TABLE_3.items()),
            (
                "N: neutral, E: with an expression; unocc: the whole front of the face, occ: its visible vertices.",
                *self._missing_notes(),
                published.NOTE,
            ),
        )

    def _figures_table(
        self,
        what: str,
        columns: Mapping[str, str],
        notes: Sequence[str],
        paper: Mapping[str, Mapping[str, float]] | None = None,
        form: str = ".3g",
    ) -> Table:
        rows = [(m, *(self.cell(m, figure, _is_occluded, form) for figure in columns)) for m in self.methods]
        printed = tuple((name, *(Cell(row[figure]) for figure in columns)) for name, row in (paper or {}).items())
        return Table(f"{self.title}: {what}", ("method", *columns.values()), tuple(rows), printed, tuple(notes))

    def _by_kind(self, figure: str, what: str, notes: Sequence[str], form: str = ".3g") -> Table:
        def of(kind: str) -> Keep:
            return lambda score: _is_occluded(score) and score.kind == kind

        rows = [(m, *(self.cell(m, figure, of(kind), form) for kind in COVER_KINDS)) for m in self.methods]
        return Table(f"{self.title}: {what}", ("method", *COVER_KINDS), tuple(rows), (), tuple(notes))

    def _identities(self) -> Table:
        rows: list[Row] = [
            (name, *(self._mean([v[k] for v in by.values()], list(by), (name, str(k))) for k in range(3)))
            for name, by in self.random.items()
        ]
        for method in self.methods:
            scores = [s for s in self.scores if s.method == method and s.identities]
            for choice in (IDEAL, RANKED, MEAN) if scores else ():
                found = [s.identities[choice] for s in scores if s.identities]
                subjects = [s.subject for s in scores]
                cells = [self._mean([f[k] for f in found], subjects, (method, choice, str(k))) for k in range(3)]
                rows.append((f"{method}: {choice}", *cells))
        printed = tuple((name, *map(Cell, row)) for name, row in published.TABLE_1.items())
        notes = (
            "Neutral heads against the person's neutral head: distances of corresponding vertices of the front after "
            "rigid alignment, not of scans to surfaces as in the paper, where they are smaller.",
        )
        return Table(
            f"{self.title}: identities, mm (Table 1)", ("heads", "median", "mean", "std"), tuple(rows), printed, notes
        )

    def _missing_notes(self) -> tuple[str, ...]:
        return tuple(
            f"{method} has no hypotheses for {len(names)} pictures, left out of its rows: {', '.join(names[:5])}"
            + (", ..." if len(names) > 5 else "")
            for method, names in self.missing.items()
        )


def _is_occluded(score: Score) -> bool:
    return score.picture == "occluded"


def _plain_mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else None


def _calibration_note(n: int) -> str:
    return (
        "In range: share of the coordinates whose truth lies between the least and the greatest of the samples, of "
        f"calibrated samples {(n - 1) / (n + 1):.3g}; energy: the energy score in mm a vertex, less is better."
    )
