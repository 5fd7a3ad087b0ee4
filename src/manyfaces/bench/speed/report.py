"""What the speed protocol says; as JSON, Markdown and on the screen."""

from dataclasses import asdict, dataclass
from pathlib import Path

from manyfaces.bench.report import Bar, Provenance, Table, bar, bar_table, write_report
from manyfaces.bench.speed.clock import Cost
from manyfaces.bench.speed.machine import Machine
from manyfaces.bench.speed.work import Work

PUBLISHED = "published pattern, ddpm"


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        recipe: whose sizes.
        sampler: how it is sampled.
        part: encode, idgen (100 identities), rank, expgen (15 expressions), vertices, or the whole of them.
        n_photos: photos together.
        cost: of all of them.
        work: what they take at least; None where nobody has counted.
    """

    recipe: str
    sampler: str
    part: str
    n_photos: int
    cost: Cost
    work: Work | None


@dataclass(frozen=True)
class SpeedReport:
    """Result of the speed protocol.

    Attributes:
        machine: where it was measured.
        rows: all measurements.
    """

    machine: Machine
    rows: tuple[Row, ...]

    def find(self, recipe: str, sampler: str, part: str, together: bool = False) -> Row | None:
        """The row of that kind, if it was measured."""
        rows = [r for r in self.rows if (r.recipe, r.sampler, r.part) == (recipe, sampler, part)]
        return next((r for r in rows if (r.n_photos > 1) == together), None)

    @property
    def bars(self) -> list[Bar]:
        """Figures with goals; those of the other kind of device are not measured."""
        on_gpu = not self.machine.threads
        fast, ddpm = (self._seconds("paper", sampler, "whole") for sampler in ("fast", "ddpm"))
        together = self.find("paper", "fast", "whole", together=True)
        rate = together.n_photos / together.cost.wall_s if together else None
        return [
            bar("CPU, the paper's sizes, one photo, fast, s", None if on_gpu else fast, high=3),
            bar("CPU, the paper's sizes, one photo, DDPM-1000, s", None if on_gpu else ddpm, high=25),
            bar("GPU, the paper's sizes, one photo, fast, ms", 1e3 * fast if on_gpu and fast else None, high=20),
            bar("GPU, the paper's sizes, one photo, DDPM-1000, s", ddpm if on_gpu else None, high=0.5),
            bar("GPU, the paper's sizes, many photos, fast, photos/s", rate if on_gpu else None, low=500),
        ]

    @property
    def comparison(self) -> Table:
        """The published call pattern beside ours, both DDPM-1000, in CPU seconds; on a GPU in seconds.

        On a CPU the pattern ran on one thread, where it takes the least CPU time.
        """
        unit = "CPU s" if self.machine.threads else "s"
        names = {"idgen": "100 identities", "expgen": "15 expressions", "encode": "encoders"}
        pairs = {what: [self._effort(sampler, part) for sampler in (PUBLISHED, "ddpm")] for part, what in names.items()}
        pairs["together"] = [sum(column) for column in zip(*pairs.values(), strict=True)]
        rows = [
            (what, f"{theirs:.1f}", f"{ours:.2f}", f"{theirs / ours:.1f}") for what, (theirs, ours) in pairs.items()
        ]
        return Table(
            "The published call pattern, written anew",
            ("DDPM-1000", f"its {unit}", f"our {unit}", "ratio"),
            tuple(rows),
        )

    @property
    def tables(self) -> list[Table]:
        """The tables."""
        header = ("part", "photos", "ms", "CPU ms", "photos/s", "MB", "GFLOP", "floor ms", "ratio")
        kinds = dict.fromkeys((row.recipe, row.sampler) for row in self.rows)
        tables = []
        for recipe, sampler in kinds:
            rows = tuple(self._cells(r) for r in self.rows if (r.recipe, r.sampler) == (recipe, sampler))
            tables.append(Table(f"{recipe}, {sampler}: for one photo", header, rows))
        return [*tables, self.comparison, bar_table(self.bars)]

    def write(self, out: Path, source: Provenance) -> None:
        """Write `speed.json` and the tables into a folder.

        Raises:
            OutputError: it cannot be written.
        """
        values = {"machine": asdict(self.machine), "rows": [asdict(row) for row in self.rows]}
        write_report("speed", self.tables, out, source, {**values, "bars": [asdict(b) for b in self.bars]})

    def _cells(self, row: Row) -> tuple[str, ...]:
        wall, cpu = 1e3 * row.cost.wall_s / row.n_photos, 1e3 * row.cost.cpu_s / row.n_photos
        cells = (row.part, str(row.n_photos), *map(_digits, (wall, cpu, 1e3 / wall, row.cost.memory_mb)))
        if row.work is None:
            return (*cells, "", "", "")
        floor = 1e3 * row.work.floor_s(self.machine) / row.n_photos
        return (*cells, *map(_digits, (row.work.gflop / row.n_photos, floor, wall / floor)))

    def _seconds(self, recipe: str, sampler: str, part: str) -> float | None:
        row = self.find(recipe, sampler, part)
        return row.cost.wall_s if row else None

    def _effort(self, sampler: str, part: str) -> float:
        row = self.find("paper", sampler, part)
        if row is None:
            return float("nan")
        return row.cost.cpu_s if self.machine.threads else row.cost.wall_s


def _digits(value: float) -> str:
    """Three digits, more only where they stand before the point."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"
