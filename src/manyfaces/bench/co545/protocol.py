"""`manyfaces bench co545`: hypotheses against known faces behind known occluders."""

from collections.abc import Mapping
from pathlib import Path

import torch
from rich.console import Console

from manyfaces.bench.co545.figures import identity_figures
from manyfaces.bench.co545.measuring import (
    IDEAL,
    MEAN,
    Bench,
    Setting,
    by_choice,
    measure_scenes,
    missing_pictures,
)
from manyfaces.bench.co545.methods import random_identities
from manyfaces.bench.co545.options import Co545Options
from manyfaces.bench.co545.report import Co545Report
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import show_tables
from manyfaces.core.errors import DataError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.co545 import front_of
from manyfaces.data.processes import usable_cores

NAMED_MISSING = 3


def bench_co545(
    data: Path,
    out: Path,
    model: str = "ofer-open",
    device: str = "cpu",
    seed: int = 0,
    options: Co545Options | None = None,
    console: Console | None = None,
) -> Co545Report:
    """Measure a model, baselines and folders of meshes; print the tables and write `co545.md`, `.tex`, `.csv`, `.json`.

    Args:
        data: a benchmark's folder, from `manyfaces data build co545`.
        out: folder for the results.
        model: name or folder.
        device: where it runs.
        seed: of all sampling.
        options: see there.
        console: where tables are printed; stdout by default.

    Raises:
        DataError: the benchmark or a prediction cannot be used, or predictions are missing.
        InputError: the model's head is another than the benchmark's.
        OutputError: `out` cannot be written.
    """
    options = options or Co545Options()
    setting = Setting(data, options, model, device, seed)
    bench = Bench(setting)
    workers = (options.workers or usable_cores()) if torch.device(device).type == "cpu" else 1
    n_pictures = bench.n_items + (len(bench.scenes) if options.clean else 0)
    with progress_bar("pictures", n_pictures) as advance:

        def done(n: int) -> None:
            for _ in range(n):
                advance()

        scores = measure_scenes(bench, setting, workers, done)
    _check_missing(missing_pictures(scores), options.allow_missing)
    report = Co545Report(
        title=f"CO-{bench.n_items} ({bench.items.config.head}, {bench.items.config.source})",
        n_hypotheses=options.n_hypotheses,
        scores=tuple(scores),
        random=random_heads(bench, options, seed),
        seed=seed,
        settings={"model": model, "benchmark": f"seed {bench.items.config.seed}", "workers": str(workers)},
    )
    report.write(out, device)
    show_tables(report.tables(), console or Console())
    return report


def random_heads(
    bench: Bench, options: Co545Options, seed: int
) -> Mapping[str, Mapping[str, tuple[float, float, float]]]:
    """Best of so many random neutral heads for each person, and their average (Table 1a)."""
    front, found = front_of(bench.head), {}
    for n in options.n_random:
        generator = numpy_generator(seed, "co545 random identities", n)
        heads = bench.head.neutral(random_identities(bench.head, n, generator))[:, front]
        by_subject = {name: by_choice(identity_figures(heads, truth)) for name, truth in bench.neutral.items()}
        for choice, said in ((IDEAL, "best of"), (MEAN, "average of")):
            found[f"{said} {n} random heads"] = {name: choices[choice] for name, choices in by_subject.items()}
    return found


def _check_missing(missing: Mapping[str, tuple[str, ...]], allowed: bool) -> None:
    for method, names in missing.items():
        if not allowed:
            some = ", ".join(names[:NAMED_MISSING]) + (", ..." if len(names) > NAMED_MISSING else "")
            raise DataError(
                f"{method} has no meshes for {len(names)} pictures: {some}",
                "add FOLDER/<picture>/<k>.ply, or report without them: --allow-missing",
            )
