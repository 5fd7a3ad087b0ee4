"""`manyfaces bench rof`: plausibility and diversity on photos without truth (OFER, Table 5).

The folder holds a folder for each kind of occlusion, and these the photos: ROF's are mask, sunglasses and natural
(Erakin et al., BIOSIG 2021), of which the paper takes 200 each; any others will do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console

from manyfaces.bench.co545 import published
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import Cell, Items, Row, Table, provenance, show_tables, write_report
from manyfaces.core.errors import DataError, ImageError, NoFaceError
from manyfaces.core.seeds import torch_generator
from manyfaces.data.co545 import Co545Config, front_of, open_source, population_law
from manyfaces.data.processes import in_processes, usable_cores
from manyfaces.metrics import bootstrap_mean, implausibility, shape_deviation
from manyfaces.pipeline import Predictor
from manyfaces.pipeline.loading import load_ofer
from manyfaces.pipeline.ofer_method import OferMethod

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
FIGURES = {"std_s": ("STD-S, mm", ".3g"), "std_s_shape": ("STD-S, norm", ".3g"), "ode": ("ODE", ".2g")}


@dataclass(frozen=True)
class RofOptions:
    """How to measure.

    Attributes:
        per_kind: the first so many photos of each kind, by name.
        n_hypotheses: S.
        workers: processes; as many as there are cores by default. One on a GPU.
    """

    per_kind: int = 200
    n_hypotheses: int = 15
    workers: int | None = None


@dataclass(frozen=True)
class RofScore:
    """One photo.

    Attributes:
        kind: of occlusion.
        name: of the file.
        figures: by name; None where no face was found.
    """

    kind: str
    name: str
    figures: Mapping[str, float] | None


@dataclass(frozen=True)
class RofReport:
    """Result of the protocol.

    Attributes:
        model: its name.
        scores: of all photos.
        seed: of all sampling.
    """

    model: str
    scores: tuple[RofScore, ...]
    seed: int

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of occlusion."""
        return tuple(dict.fromkeys(score.kind for score in self.scores))

    @property
    def missing(self) -> tuple[str, ...]:
        """Photos without a face that was found."""
        return tuple(f"{score.kind}/{score.name}" for score in self.scores if score.figures is None)

    def cell(self, kind: str, figure: str) -> Cell:
        """Mean over the photos of a kind, with its interval over photos."""
        values = torch.tensor([s.figures[figure] for s in self.scores if s.kind == kind and s.figures])
        if not len(values):
            return Cell(None)
        generator = torch_generator(self.seed, "rof", kind, figure)
        interval = bootstrap_mean(values, torch.arange(len(values)), generator) if len(values) > 1 else None
        return Cell(float(values.mean()), interval, FIGURES[figure][1])

    def table(self) -> Table:
        """STD-S and ODE by kind."""
        rows: list[Row] = [
            (kind, Cell(float(self._count(kind)), form=".0f"), *(self.cell(kind, figure) for figure in FIGURES))
            for kind in self.kinds
        ]
        printed = tuple(
            (f"{method}: {kind}", Cell(200.0, form=".0f"), Cell(None), Cell(row["std_s_shape"][k]), Cell(row["ode"][k]))
            for method, row in published.TABLE_5.items()
            for k, kind in enumerate(published.TABLE_5_KINDS)
        )
        notes = ["Norm: STD-S times the root of the number of vertices, which seems to be what the paper prints."]
        if self.missing:
            more = ", ..." if len(self.missing) > 5 else ""
            notes.append(f"No face was found on {len(self.missing)} photos: {', '.join(self.missing[:5])}{more}")
        columns = (self.model, "photos", *(title for title, _ in FIGURES.values()))
        return Table("Photos without truth (Table 5)", columns, tuple(rows), printed, (*notes, published.NOTE))

    def write(self, out: Path, device: str) -> None:
        """Write `rof.md`, `.tex`, `.csv` and `.json`.

        Raises:
            OutputError: they cannot be written.
        """
        found = [score for score in self.scores if score.figures]
        names = tuple(f"{score.kind}/{score.name}" for score in found)
        columns = {name: torch.tensor([(s.figures or {})[name] for s in found]).double().numpy() for name in FIGURES}
        items = Items({"protocol": "rof"}, names, names, columns)
        values = {
            "figures": {kind: {name: self.cell(kind, name).value for name in FIGURES} for kind in self.kinds},
            "missing": list(self.missing),
        }
        write_report("rof", [self.table()], out, provenance(self.seed, device, model=self.model), values, items)

    def _count(self, kind: str) -> int:
        return sum(score.kind == kind and score.figures is not None for score in self.scores)


def bench_rof(
    data: Path,
    out: Path,
    model: str = "ofer-open",
    device: str = "cpu",
    seed: int = 0,
    options: RofOptions | None = None,
    console: Console | None = None,
) -> RofReport:
    """Reconstruct photos and measure how far the faces differ and whether they are faces; print and write the table.

    Args:
        data: folder of folders of photos.
        out: folder for the results.
        model: name or folder.
        device: where it runs.
        seed: of all sampling.
        options: see there.
        console: where the table is printed; stdout by default.

    Raises:
        DataError: there are no photos.
        OutputError: `out` cannot be written.
    """
    options = options or RofOptions()
    photos = find_by_kind(data, options.per_kind)
    given = (model, device, options.n_hypotheses, seed)
    workers = (options.workers or usable_cores()) if torch.device(device).type == "cpu" else 1
    found: dict[Path, Mapping[str, float] | None] = {}
    with progress_bar("photos", len(photos)) as advance:
        if workers > 1:
            done = in_processes(_measure, photos, min(workers, len(photos)), _begin, given)
        else:
            photo_bench = PhotoBench(*given)
            done = ((photo, photo_bench.measure(photo)) for photo in photos)
        for photo, figures in done:
            found[photo] = figures
            advance()
    scores = tuple(RofScore(photo.parent.name, photo.name, found[photo]) for photo in photos)
    report = RofReport(model, scores, seed)
    report.write(out, device)
    show_tables([report.table()], console or Console())
    return report


def find_by_kind(data: Path, per_kind: int) -> Sequence[Path]:
    """The first photos of each folder, by name.

    Raises:
        DataError: there are none.
    """
    kinds = sorted(path for path in data.iterdir() if path.is_dir())
    photos = [sorted(p for p in kind.iterdir() if p.suffix.lower() in PICTURES)[:per_kind] for kind in kinds]
    if not any(photos):
        raise DataError(f"{data} holds no photos", "needed: a folder for each kind of occlusion, with photos in it")
    return [photo for own in photos for photo in own]


class PhotoBench:
    """A model and what its faces are measured with: the population of its head model's own prior.

    Args:
        model: name or folder.
        device: where it runs.
        n_hypotheses: S.
        seed: of all sampling.
    """

    def __init__(self, model: str, device: str, n_hypotheses: int, seed: int):
        loaded = load_ofer(model, torch.device(device))
        self._predictor = Predictor(OferMethod(loaded))
        self._options = {"n_expressions": n_hypotheses, "seed": seed}
        self._front = front_of(loaded.head).cpu()
        self._law = population_law(open_source(Co545Config(head=loaded.head.data.name)))

    @torch.no_grad()
    def measure(self, photo: Path) -> Mapping[str, float] | None:
        """STD-S and ODE of the largest face; None where no face is found.

        Raises:
            DataError: the photo cannot be read.
        """
        try:
            result = self._predictor(photo, **self._options)
        except NoFaceError:
            return None
        except ImageError as error:
            raise DataError(f"{photo}: {error.message}", error.fix) from None
        samples = result.vertices.cpu()[:, self._front]
        deviation = shape_deviation(samples, self._law)
        outside = implausibility(samples, self._law, torch.ones(samples.shape[1], dtype=torch.bool))
        return {
            "std_s": float(deviation.vertex_mm),
            "std_s_shape": float(deviation.shape_mm),
            "ode": float(outside.excess),
        }


_own: list[PhotoBench] = []


def _begin(model: str, device: str, n_hypotheses: int, seed: int) -> None:
    _own.append(PhotoBench(model, device, n_hypotheses, seed))


def _measure(photo: Path) -> Mapping[str, float] | None:
    return _own[0].measure(photo)
