"""What the synthetic protocol says, with its goals: tables, plots and files."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from manyfaces.bench.equality import SamplerEquality
from manyfaces.bench.report import (
    Bar,
    Cell,
    Curve,
    Items,
    Provenance,
    Table,
    bar,
    bar_table,
    cumulative_curve,
    draw_curves,
    draw_error_map,
    write_report,
)
from manyfaces.core.seeds import torch_generator
from manyfaces.heads import HeadModel
from manyfaces.metrics import Interval, bootstrap_interval, bootstrap_means

ERRORS = ("random", "avg", "idrank", "rank", "nearest", "min", "mean_head", "regressor", "mean_of_samples")
RANKERS = ("rank", "idrank", "nearest")
"""The model's own ranking, the paper's network, and the sample nearest to the mean of many."""
CURVES = ("random", "mean_head", "regressor", "rank", "min")
MOST_MM = 8.0
"""Where the axis of the curves ends."""
NOTES = (
    "random: a random head; avg, min: average and best of the model's 100 samples; rank, idrank: chosen by the model's "
    "own ranking and by the paper's network; nearest: the sample nearest to the mean of a thousand; mean_of_samples: "
    "that mean; regressor: a deterministic network of the same data and input.",
    "Intervals: 95 %, people resampled.",
)


@dataclass(frozen=True)
class SyntheticReport:
    """Result of the synthetic protocol.

    Attributes:
        figures: by name; errors in mm.
        bars: figures with goals.
        intervals: 95 % bootstrap intervals over people, for some of the figures.
        items: the errors of single pictures.
        pictures: cumulative curves, calibration, and the ranked face's errors on the mesh.
    """

    figures: Mapping[str, float]
    bars: tuple[Bar, ...]
    intervals: Mapping[str, Interval]
    items: Items
    pictures: Mapping[str, np.ndarray]

    @property
    def tables(self) -> tuple[Table, Table]:
        """The figures, and the bars."""
        rows = tuple((name, Cell(value, self.intervals.get(name), ".4g")) for name, value in self.figures.items())
        return Table("Held-out synthetic faces", ("figure", "value"), rows, notes=NOTES), bar_table(self.bars)

    def write(self, out: Path, source: Provenance) -> None:
        """Write `synthetic.json`, the tables and the plots into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        values = {
            "figures": dict(self.figures),
            "intervals": {name: asdict(i) for name, i in self.intervals.items()},
            "bars": [asdict(b) for b in self.bars],
        }
        write_report("synthetic", self.tables, out, source, values, self.items, self.pictures)


def make_report(
    gathered: Mapping[str, Tensor],
    person: Int[Tensor, " n"],
    head: HeadModel,
    sampler_gaps: Mapping[str, SamplerEquality],
) -> SyntheticReport:
    """Make the report from the values of all faces.

    Args:
        gathered: see `manyfaces.bench.synthetic`.
        person: whose face each row is.
        head: to draw errors on.
        sampler_gaps: how far the fast sampler is from DDPM-1000, by network; may be empty.
    """
    figures = {f"{name}_mm": float(gathered[name].mean()) for name in ERRORS}
    mm = {name: figures[f"{name}_mm"] for name in ERRORS}
    columns = torch.stack([gathered[name] for name in ERRORS], 1)
    sure = bootstrap_means(columns, person, torch_generator(0, "bootstrap", "errors"))
    intervals = {f"{name}_mm": interval for name, interval in zip(ERRORS, sure, strict=True)}
    for ranker in RANKERS:
        recovered = _recovered(gathered, ranker)
        figures[f"{ranker}_recovers"] = recovered(torch.arange(len(person)))
        intervals[f"{ranker}_recovers"] = bootstrap_interval(recovered, person, torch_generator(0, "bootstrap", ranker))
    figures["rank_over_nearest"] = (mm["avg"] - mm["rank"]) / (mm["avg"] - mm["nearest"])
    for what in ("identity", "expression"):
        figures[f"{what}_coverage"] = float(gathered[f"{what}_covered"].float().mean())
        figures[f"{what}_crps_over_prior"] = float(
            gathered[f"{what}_crps"].mean() / gathered[f"{what}_crps_prior"].mean()
        )
    figures["hidden_over_visible_spread"] = float(gathered["spread_ratio"].nanmean())
    for name, gap in sampler_gaps.items():
        figures[f"sampler_gap_{name}"] = gap.statistics
        figures[f"sampler_energy_{name}"] = gap.energy
    items = Items(
        protocol={"name": "synthetic"},
        names=tuple(f"picture {row}" for row in range(len(person))),
        subjects=tuple(f"person {int(p)}" for p in person),
        values={f"{name}_mm": gathered[name].double().numpy() for name in ERRORS},
    )
    return SyntheticReport(figures, tuple(_bars(figures, mm)), intervals, items, _pictures(gathered, head))


def _pictures(gathered: Mapping[str, Tensor], head: HeadModel) -> dict[str, np.ndarray]:
    errors = [cumulative_curve(name, gathered[name].numpy(), MOST_MM) for name in CURVES]
    held = [
        cumulative_curve(what, 100 * gathered[f"{what}_depth"].flatten().numpy(), 100)
        for what in ("identity", "expression")
    ]
    ideal = Curve("ideal", np.array([0.0, 100.0]), np.array([0.0, 100.0]), dashed=True)
    by_vertex = torch.full((head.n_vertices,), torch.nan)
    by_vertex[head.mask("front")] = gathered["rank_by_vertex"].mean(0)
    return {
        "synthetic_errors": draw_curves("Neutral faces", "mean error of the front, mm", "pictures, %", errors),
        "synthetic_calibration": draw_curves(
            "Central intervals of the samples", "level, %", "coefficients inside, %", [ideal, *held]
        ),
        "synthetic_error_map": draw_error_map(head.template, head.faces, by_vertex, "mean error, mm"),
    }


def _recovered(gathered: Mapping[str, Tensor], ranker: str) -> Callable[[Tensor], float]:
    """Share of the gap from the average sample to the best that a ranker's choice closes, of the given rows."""

    def share(rows: Tensor) -> float:
        average, chosen, best = (float(gathered[name][rows].mean()) for name in ("avg", ranker, "min"))
        return (average - chosen) / (average - best)

    return share


def _bars(figures: Mapping[str, float], mm: Mapping[str, float]) -> list[Bar]:
    orders = (("random", "avg"), ("avg", "rank"), ("rank", "min"), ("mean_head", "mean_of_samples"))
    bars = []
    for more, less in orders:
        difference = mm[more] - mm[less]
        name = f"{more} > {less}: difference, mm"
        bars.append(Bar(name, "> 0", difference, difference > 0))
    bars.append(bar("what ranking recovers over what the nearest to the mean does", figures["rank_over_nearest"], 0.8))
    bars.append(bar("hidden over visible spread", figures["hidden_over_visible_spread"], 1.5))
    for what in ("identity", "expression"):
        bars.append(bar(f"{what}: truth in the central 90 %, %", 100 * figures[f"{what}_coverage"], 85, 95))
        bars.append(bar(f"{what}: CRPS over the prior's", figures[f"{what}_crps_over_prior"], high=0.8))
    for name, value in figures.items():
        for prefix, what in (("sampler_gap_", "gap"), ("sampler_energy_", "energy distance")):
            if name.startswith(prefix):
                bars.append(bar(f"fast sampler's {what} over two seeds', {name.removeprefix(prefix)}", value, high=1.2))
    return bars
