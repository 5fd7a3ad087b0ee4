"""What the synthetic protocol says, with its goals; as JSON, Markdown and on the screen."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from rich.console import Console
from torch import Tensor

from manyfaces.bench.equality import SamplerEquality
from manyfaces.bench.tables import Bar, Sheet, bar, bar_sheet
from manyfaces.core.seeds import torch_generator
from manyfaces.io.atomic import atomic_path
from manyfaces.metrics import Interval, bootstrap_interval

ERRORS = ("random", "avg", "idrank", "rank", "nearest", "min", "mean_head", "mean_of_samples")
RANKERS = ("rank", "idrank", "nearest")
"""The model's own ranking, the paper's network, and the sample nearest to the mean of many."""


@dataclass(frozen=True)
class SyntheticReport:
    """Result of the synthetic protocol.

    Attributes:
        figures: by name; errors in mm.
        bars: figures with goals.
        intervals: 95 % bootstrap intervals over people, for some of the figures.
    """

    figures: Mapping[str, float]
    bars: tuple[Bar, ...]
    intervals: Mapping[str, Interval]

    @property
    def sheets(self) -> tuple[Sheet, Sheet]:
        """The tables."""
        rows = tuple((name, f"{value:.4g}", self._interval(name)) for name, value in self.figures.items())
        return Sheet("Held-out synthetic faces", ("figure", "value", "95 %"), rows), bar_sheet(self.bars)

    def _interval(self, name: str) -> str:
        found = self.intervals.get(name)
        return f"{found.low:.3g} to {found.high:.3g}" if found else ""

    def write(self, out: Path) -> None:
        """Write `synthetic.json` and `synthetic.md` into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        values = {
            "figures": dict(self.figures),
            "intervals": {name: asdict(i) for name, i in self.intervals.items()},
            "bars": [asdict(b) for b in self.bars],
        }
        with atomic_path(out / "synthetic.json") as path:
            path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        with atomic_path(out / "synthetic.md") as path:
            path.write_text("\n".join(sheet.markdown() for sheet in self.sheets), encoding="utf-8")

    def show(self, console: Console) -> None:
        """Print the tables."""
        for sheet in self.sheets:
            sheet.show(console)


def make_report(
    gathered: Mapping[str, Tensor], person: Int[Tensor, " n"], sampler_gaps: Mapping[str, SamplerEquality]
) -> SyntheticReport:
    """Make the report from the values of all faces.

    Args:
        gathered: see `manyfaces.bench.synthetic`.
        person: whose face each row is.
        sampler_gaps: how far the fast sampler is from DDPM-1000, by network; may be empty.
    """
    figures = {f"{name}_mm": float(gathered[name].mean()) for name in ERRORS}
    mm = {name: figures[f"{name}_mm"] for name in ERRORS}
    intervals = {}
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
    return SyntheticReport(figures, tuple(_bars(figures, mm)), intervals)


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
