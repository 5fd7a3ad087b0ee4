"""What ranking is worth: OFER's Table 1 on rendered faces, where every truth is known.

Candidates are random heads, the model's samples, or a mix of both; of each set the best one, the one ranked first and
the average are measured. A ranking that works finds the samples among the random heads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float, Int
from rich.console import Console
from torch import Tensor

from manyfaces.bench.co545.figures import identity_figures
from manyfaces.bench.models import DEFAULT_MODEL
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import Cell, Items, Provenance, Row, Table, provenance, show_tables, write_report
from manyfaces.bench.synthetic import FaceSampler, Front, SyntheticSet
from manyfaces.bench.synthetic_set import SyntheticSetConfig, build_synthetic_set
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.heads import HeadModel
from manyfaces.methods.ofer.config import RankingName
from manyfaces.metrics import bootstrap_means
from manyfaces.pipeline.models import load_open_ofer

Choice = Literal["ideal", "network", "consensus", "average"]
"""Which candidate of a set: that of the least median; that ranked first, in two ways; or the mean over all."""
RANKINGS: tuple[RankingName, ...] = ("network", "consensus")
FIGURES = ("median", "mean", "std")
CHUNK = 8


@dataclass(frozen=True)
class Mix:
    """A set of candidates.

    Attributes:
        n_random: heads of the prior among them.
        n_samples: samples of the model.
    """

    n_random: int
    n_samples: int

    def __str__(self) -> str:
        parts = {"random": self.n_random, "samples": self.n_samples}
        return " + ".join(f"{n} {name}" for name, n in parts.items() if n)


MIXES = (Mix(200, 0), Mix(1000, 0), Mix(50, 50), Mix(80, 20), Mix(0, 100))

PUBLISHED: tuple[tuple[str, tuple[float | None, ...]], ...] = (
    ("FLAME (200)", (1.00, 1.31, 1.18, None, None, None, 1.75, 2.19, 1.86)),
    ("FLAME (1000)", (0.90, 1.20, 1.11, None, None, None, 1.75, 2.19, 1.86)),
    ("FLAME (50) + OFER (50)", (0.84, 1.09, 0.95, 1.08, 1.44, 1.32, 1.33, 1.79, 1.62)),
    ("FLAME (80) + OFER (20)", (0.86, 1.10, 0.97, 1.34, 1.81, 1.65, 1.60, 2.06, 1.84)),
    ("OFER (100)", (0.81, 1.05, 0.92, 0.98, 1.21, 1.01, 1.02, 1.25, 1.04)),
)
"""Table 1: on NoW's validation set, distances from scans; the paper gives one average for both sets of random heads."""

NOTES = (
    "Distances of the front of the neutral face after rigid alignment, mm: median, mean and standard deviation over "
    "the vertices of each picture, then the mean over pictures. Intervals: 95 %, people resampled.",
    "Sets of random heads alone are not ranked: the network has never seen such.",
)


@dataclass(frozen=True)
class AblationReport:
    """Result of the ablation.

    Attributes:
        figures: by set and choice: median, mean and deviation of every picture, mm.
        person: whose face each picture shows.
    """

    figures: Mapping[tuple[Mix, Choice], Float[Tensor, "n 3"]]
    person: Int[Tensor, " n"]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The paper's table, ranked by its network; and by the consensus of the set in its place."""
        return tuple(self._table(ranking) for ranking in RANKINGS)

    @property
    def items(self) -> Items:
        """The medians of single pictures."""
        medians = {f"{mix}, {choice}": values[:, 0] for (mix, choice), values in self.figures.items()}
        return Items(
            protocol={"name": "ablation"},
            names=tuple(f"picture {row}" for row in range(len(self.person))),
            subjects=tuple(f"person {int(p)}" for p in self.person),
            values={name: column.double().numpy() for name, column in medians.items()},
        )

    def write(self, out: Path, source: Provenance) -> None:
        """Write `ablation.json` and the tables into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        values = [
            {"samples": str(mix), "choice": choice, **dict(zip(FIGURES, figures.mean(0).tolist(), strict=True))}
            for (mix, choice), figures in self.figures.items()
        ]
        write_report("ablation", self.tables, out, source, {"figures": values}, self.items)

    def _table(self, ranking: RankingName) -> Table:
        choices: tuple[Choice, ...] = ("ideal", ranking, "average")
        names = dict(zip(choices, ("ideal", "ranked", "average"), strict=True))
        columns = ("candidates", *(f"{names[choice]} {figure}" for choice in choices for figure in FIGURES))
        mixes = dict.fromkeys(mix for mix, _ in self.figures)
        rows = tuple((str(mix), *(cell for choice in choices for cell in self._cells(mix, choice))) for mix in mixes)
        published: tuple[Row, ...] = ()
        if ranking == "network":
            published = tuple((name, *(Cell(value, form=".2f") for value in values)) for name, values in PUBLISHED)
        by = {"network": "the paper's network", "consensus": "the consensus of the set"}[ranking]
        return Table(f"Ranked by {by}, mm (OFER, Table 1)", columns, rows, published, NOTES)

    def _cells(self, mix: Mix, choice: Choice) -> list[Cell]:
        if (mix, choice) not in self.figures:
            return [Cell(None)] * len(FIGURES)
        values = self.figures[mix, choice]
        sure = bootstrap_means(values, self.person, torch_generator(0, "ablation", mix, choice))
        return [Cell(v, i, ".2f") for v, i in zip(values.mean(0).tolist(), sure, strict=True)]


def run_ablation(
    out: Path,
    model: str = DEFAULT_MODEL,
    seed: int = 0,
    device: str = "cpu",
    pictures: int = SyntheticSetConfig.n_images,
    console: Console | None = None,
) -> AblationReport:
    """Measure a released model; print the tables and write them to `out`.

    Args:
        out: folder for the results.
        model: its name.
        seed: of faces and sampling.
        device: where the networks run.
        pictures: how many are rendered.
        console: where tables are printed; stdout by default.

    Raises:
        ChoiceError, AssetError, WeightError: the model cannot be loaded.
        OutputError: `out` cannot be written.
    """
    loaded = load_open_ofer(model, torch.device(device))
    config = SyntheticSetConfig(n_images=pictures, seed=stream_seed(seed, "faces"))
    faces = build_synthetic_set(loaded.head, loaded.mesh, loaded.encoder, config)
    report = measure_mixes(loaded.ofer, loaded.head, faces, loaded.ofer.config.n_identity, seed, device)
    report.write(out, provenance(seed, device, model=model, pictures=pictures))
    show_tables(report.tables, console or Console())
    return report


@torch.no_grad()
def measure_mixes(
    model: FaceSampler,
    head: HeadModel,
    faces: SyntheticSet,
    n_identity: int,
    seed: int = 0,
    device: str = "cpu",
    mixes: tuple[Mix, ...] = MIXES,
) -> AblationReport:
    """Measure all sets of candidates on all pictures.

    Args:
        model: under test.
        head: whose coefficients it gives.
        faces: with exact truth.
        n_identity: of the model's coefficients; random heads have as many.
        seed: of all sampling.
        device: where the model is.
        mixes: the sets.
    """
    front, found = Front(head), {}
    most_samples, most_random = max(m.n_samples for m in mixes), max(m.n_random for m in mixes)
    with progress_bar("ranking", len(faces)) as advance:
        for rows in torch.arange(len(faces)).split(CHUNK):
            generator = torch_generator(seed, "ablation", int(rows[0]))
            condition = faces.condition[rows].to(device)
            samples = model.sample_identities(condition, most_samples, generator).cpu()
            random = torch.randn(len(rows), most_random, n_identity, generator=generator)
            truth = front.neutral(faces.identity[rows])
            for mix in mixes:
                candidates = torch.cat([random[:, : mix.n_random], samples[:, : mix.n_samples]], 1)
                errors = torch.stack(
                    [identity_figures(front.neutral(c), t) for c, t in zip(candidates, truth, strict=True)]
                )
                for choice, place in _places(model, condition, candidates, errors, mix).items():
                    chosen = errors.take_along_dim(place[:, None, None], 1)[:, 0]
                    found.setdefault((mix, choice), []).append(chosen)
                found.setdefault((mix, "average"), []).append(errors.mean(1))
            for _ in rows:
                advance()
    return AblationReport({name: torch.cat(parts) for name, parts in found.items()}, faces.person)


def _places(
    model: FaceSampler,
    condition: Float[Tensor, "B C"],
    candidates: Float[Tensor, "B N S"],
    errors: Float[Tensor, "B N 3"],
    mix: Mix,
) -> dict[Choice, Int[Tensor, " B"]]:
    """Which candidate each choice takes."""
    places: dict[Choice, Tensor] = {"ideal": errors[..., 0].argmin(1)}
    for ranking in RANKINGS if mix.n_samples else ():
        places[ranking] = model.rank(condition, candidates.to(condition.device), ranking).order[:, 0].cpu()
    return places
