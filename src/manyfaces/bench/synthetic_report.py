"""What the synthetic protocol says, with its goals; as JSON, Markdown and on the screen."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from torch import Tensor

from manyfaces.bench.equality import SamplerEquality
from manyfaces.bench.tables import Bar, Sheet, bar, bar_sheet
from manyfaces.io.atomic import atomic_path

ERRORS = ("random", "avg", "rank", "nearest", "min", "mean_head", "mean_of_samples")


@dataclass(frozen=True)
class SyntheticReport:
    """Result of the synthetic protocol.

    Attributes:
        figures: by name; errors in mm.
        bars: figures with goals.
    """

    figures: Mapping[str, float]
    bars: tuple[Bar, ...]

    @property
    def sheets(self) -> tuple[Sheet, Sheet]:
        """The tables."""
        rows = tuple((name, f"{value:.4g}") for name, value in self.figures.items())
        return Sheet("Held-out synthetic faces", ("figure", "value"), rows), bar_sheet(self.bars)

    def write(self, out: Path) -> None:
        """Write `synthetic.json` and `synthetic.md` into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        values = {"figures": dict(self.figures), "bars": [asdict(b) for b in self.bars]}
        with atomic_path(out / "synthetic.json") as path:
            path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        with atomic_path(out / "synthetic.md") as path:
            path.write_text("\n".join(sheet.markdown() for sheet in self.sheets), encoding="utf-8")

    def show(self, console: Console) -> None:
        """Print the tables."""
        for sheet in self.sheets:
            sheet.show(console)


def make_report(gathered: Mapping[str, Tensor], sampler_gaps: Mapping[str, SamplerEquality]) -> SyntheticReport:
    """Make the report from the values of all faces.

    Args:
        gathered: see `manyfaces.bench.synthetic`.
        sampler_gaps: how far the fast sampler is from DDPM-1000, by network; may be empty.
    """
    figures = {f"{name}_mm": float(gathered[name].mean()) for name in ERRORS}
    mm = {name: figures[f"{name}_mm"] for name in ERRORS}
    gap = mm["avg"] - mm["min"]
    figures["rank_recovers"] = (mm["avg"] - mm["rank"]) / gap
    figures["nearest_recovers"] = (mm["avg"] - mm["nearest"]) / gap
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
    return SyntheticReport(figures, tuple(_bars(figures, mm)))


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
