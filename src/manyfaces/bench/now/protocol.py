"""`manyfaces bench now`: score predictions on the NoW benchmark, a folder of them or a model's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from manyfaces.bench.now.dataset import NowImage, NowSet, Split, open_now
from manyfaces.bench.now.measuring import Job, Scan, measure_all
from manyfaces.bench.now.photos import Identity, predict_now
from manyfaces.bench.now.predictions import UNIT_MM, Prediction, Unit, find_prediction
from manyfaces.bench.now.report import NowReport, make_report
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import show_tables
from manyfaces.core.errors import ChoiceError, DataError
from manyfaces.data.processes import usable_cores

NAMED_MISSING = 3


@dataclass(frozen=True)
class NowOptions:
    """What is particular to this protocol.

    Attributes:
        predictions: folder of predicted meshes; None: the model under test makes them, in OUT/predictions.
        unit: of the predictions; "none" for methods without one, which then have no metrical figures.
        allow_missing: report on the images that have predictions, and list the others; else it is an error.
        split: which list; that which is there, validation if both are.
        workers: how many processes measure; as many as there are cores by default.
        identity: which identity of the model is scored, where no predictions are given: ranked first, or a baseline.
    """

    predictions: Path | None = None
    unit: Unit | str = "mm"
    allow_missing: bool = False
    split: Split | None = None
    workers: int | None = None
    identity: Identity | str = "ranked"


def bench_now(
    data: Path,
    out: Path,
    model: str = "ofer-open",
    device: str = "cpu",
    seed: int = 0,
    options: NowOptions | None = None,
) -> NowReport:
    """Score a folder of predictions, or those that a model makes.

    Args:
        data: the benchmark's folder.
        out: folder for results.
        model: makes predictions where none are given.
        device: where it runs.
        seed: of its sampling and of the intervals.
        options: see there.

    Raises:
        DataError: as `run_now`; or photos are missing.
    """
    options = options or NowOptions()
    predictions = options.predictions
    if predictions is None:
        predictions = out / "predictions"
        predict_now(open_now(data, options.split), predictions, model, device, seed, options.identity)
    return run_now(data, predictions, out, options.unit, options.allow_missing, options.split, options.workers, seed)


def run_now(
    dataset: Path,
    predictions: Path,
    out: Path,
    unit: Unit | str = "mm",
    allow_missing: bool = False,
    split: Split | None = None,
    workers: int | None = None,
    seed: int = 0,
    console: Console | None = None,
) -> NowReport:
    """Measure a folder of predictions; print the tables and write `now.json`, `.md`, `.tex`, `.csv` and the curves.

    Distances are kept in OUT/distances, SUBJECT/CHALLENGE/NAME.npz; images whose files are the same are not measured
    again.

    Args:
        dataset: the benchmark's folder; see `manyfaces.bench.now.dataset`.
        predictions: meshes and landmarks; see `manyfaces.bench.now.predictions`.
        out: folder for results.
        unit: of the predictions.
        allow_missing: report on what there is.
        split: which list; that which is there, validation if both are.
        workers: how many processes; as many as there are cores by default.
        seed: of the intervals' resamples.
        console: where tables are printed; stdout by default.

    Raises:
        ChoiceError: there is no such unit.
        DataError: a file of the data set or a prediction cannot be used, or predictions are missing.
        OutputError: `out` cannot be written.
    """
    if unit not in UNIT_MM:
        raise ChoiceError("unit", unit, list(UNIT_MM))
    data = open_now(dataset, split)
    found = {image: find_prediction(predictions, image) for image in data.images}
    present = {image: prediction for image, prediction in found.items() if prediction is not None}
    missing = [image for image, prediction in found.items() if prediction is None]
    _check_missing(predictions, missing, len(found), allow_missing)
    with progress_bar("scans", len(present)) as advance:
        measured = measure_all(_jobs(data, present, out), UNIT_MM[unit], workers or usable_cores(), advance)
    report = make_report(data.split, unit, list(present), measured, missing, seed)
    report.write(out)
    show_tables(report.tables(), console or Console())
    return report


def _jobs(data: NowSet, present: dict[NowImage, Prediction], out: Path) -> list[tuple[Scan, Job]]:
    scans = {subject: Scan(data.scans[subject], data.landmarks[subject]) for subject in data.scans}
    results = {image: out / "distances" / image.stem for image in present}
    return [
        (scans[image.subject], Job(prediction, results[image].with_name(f"{results[image].name}.npz")))
        for image, prediction in present.items()
    ]


def _check_missing(predictions: Path, missing: Sequence[NowImage], n_images: int, allowed: bool) -> None:
    if not missing or (allowed and len(missing) < n_images):
        return
    more = f" and {len(missing) - NAMED_MISSING} more" if len(missing) > NAMED_MISSING else ""
    some = ", ".join(map(str, missing[:NAMED_MISSING])) + more
    fix = (
        "name the folder that holds SUBJECT/CHALLENGE/NAME.ply or .obj"
        if len(missing) == n_images
        else "add them, or report without them: --allow-missing"
    )
    raise DataError(f"{predictions} has no mesh for {len(missing)} of {n_images} images: {some}", fix)
