"""`manyfaces bench vectors DIR`: everything that a set holds, one part after the other."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import provenance, show_tables
from manyfaces.bench.vectors import diffusion, encoders, generators, head, networks, objectives, ranking
from manyfaces.bench.vectors.comparison import Comparison, VectorReport
from manyfaces.bench.vectors.folder import FILES, VectorSet, open_vectors
from manyfaces.core.errors import ConformanceError


def run_vectors(data: Path, out: Path) -> VectorReport:
    """Compare everything, print the tables and write them to `out`; on the CPU, as the vectors were made.

    Args:
        data: folder of the set.
        out: folder for `vectors.json` and the tables.

    Raises:
        InputError: a file is missing or damaged.
        ConformanceError: something is outside its tolerance; the tables are written all the same.
    """
    vectors = open_vectors(data)
    report = compare_all(vectors)
    show_tables(report.tables, Console())
    report.write(out, provenance())
    if report.exceeded:
        first = max(report.exceeded, key=lambda c: c.share)
        raise ConformanceError(
            f"{len(report.exceeded)} of {len(report.comparisons)} quantities are outside their tolerance, "
            f"{first.file} {first.quantity!r} the most ({first.error:.2g}, allowed {first.tolerance})",
            f"all of them: {out / 'vectors.md'}",
        )
    return report


def compare_all(vectors: VectorSet) -> VectorReport:
    """Compare everything in a set."""
    found: list[Comparison] = []
    with progress_bar("comparing", len(PARTS)) as advance:
        for part in PARTS.values():
            found += part(vectors)
            advance()
    order = {file: k for k, file in enumerate(("state_dicts", *FILES))}
    return VectorReport(vectors.seed, tuple(sorted(found, key=lambda c: order[c.file])))


def _generator(vectors: VectorSet, model: str) -> list[Comparison]:
    drawn = networks.unet(vectors, model)
    return [
        *drawn.comparisons,
        *generators.check_unet(vectors, model, drawn.net),
        *generators.check_sampler(vectors, model, drawn.net),
    ]


def _noise_loss(vectors: VectorSet) -> list[Comparison]:
    return objectives.check_noise_loss(vectors, networks.unet(vectors, "idgen").net)


def _rank(vectors: VectorSet) -> list[Comparison]:
    drawn = networks.rank_net(vectors)
    gradients = objectives.check_ranking_gradients(vectors, drawn.net)
    return [*drawn.comparisons, *gradients, *ranking.check_ranking(vectors, drawn.net)]


def _arcface(vectors: VectorSet) -> list[Comparison]:
    drawn = networks.arcface(vectors)
    return [*drawn.comparisons, *encoders.check_arcface(vectors, drawn.net)]


def _farl(vectors: VectorSet) -> list[Comparison]:
    drawn = networks.farl(vectors)
    return [*drawn.comparisons, *encoders.check_farl(vectors, drawn.net)]


#: What there is to compare, cheap parts first. Each draws its own network, so that one at a time is in memory.
PARTS: Mapping[str, Callable[[VectorSet], list[Comparison]]] = {
    "schedule": diffusion.check_schedule,
    "steps": diffusion.check_steps,
    "head": head.check_head,
    "ranking losses": objectives.check_ranking_losses,
    "noise loss": _noise_loss,
    "arcface": _arcface,
    "farl": _farl,
    "idrank": _rank,
    "expgen": partial(_generator, model="expgen"),
    "idgen": partial(_generator, model="idgen"),
}
