"""How far 68 points are from the annotated ones: `manyfaces bench` with the name of a landmark benchmark."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from manyfaces.bench.face_points import FindPoints, default_detector, default_point_finder
from manyfaces.bench.kept import UNFINISHED, Kept
from manyfaces.bench.landmarks.benchmarks import BENCHMARKS, LandmarkOptions
from manyfaces.bench.landmarks.figures import measure_errors
from manyfaces.bench.landmarks.halves import NO_OFFSETS, fit_offsets, split_halves
from manyfaces.bench.landmarks.methods import Methods, Predicted, find_points, mapped_68, predict
from manyfaces.bench.landmarks.models import load_models
from manyfaces.bench.landmarks.predictions import check_predictions
from manyfaces.bench.landmarks.report import LandmarkReport
from manyfaces.bench.landmarks.sheets import draw_sheets
from manyfaces.bench.ours import default_prior, predictor_reconstructor
from manyfaces.bench.photo_set import Half
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import show_tables
from manyfaces.core.errors import InputError
from manyfaces.data.landmarks import LandmarkSample, pictures


def run_landmarks(
    name: str,
    data: Path,
    out: Path,
    half: str = "all",
    model: str = "ofer-open",
    device: str = "cpu",
    seed: int = 0,
    options: LandmarkOptions | None = None,
    methods: Methods | None = None,
    console: Console | None = None,
) -> LandmarkReport:
    """Measure on a data set, print the tables and write NAME.json, `.md`, `.tex`, `.csv`, the curves and sheets.

    What models find is kept in `out` until everything is written, so that a run that was stopped goes on there.

    Args:
        name: of the benchmark.
        data: its folder, in the layout it is published in; see `manyfaces.data.landmarks`.
        out: folder for the results.
        half: "all", as published figures are measured; or the half of the subjects to choose settings on ("tune") or
            to report on ("report").
        model: the model under test.
        device: where it runs.
        seed: of its sampling and of the intervals.
        options: see there.
        methods: what is measured; by default what the options name.
        console: where tables are printed; stdout by default.

    Raises:
        DataError: a file of the data set or a prediction cannot be used, or there are none.
        InputError: the half holds no face.
        OutputError: `out` cannot be written.
    """
    options = options or LandmarkOptions()
    benchmark = BENCHMARKS[name]
    dataset = benchmark.read(data, options)
    halves = split_halves(dataset.samples)
    counted = [sample for sample in dataset.samples if half in ("all", halves[sample])][: options.limit]
    if not counted:
        raise InputError(f"{data} holds no face in its half {half!r}")
    if options.predictions is not None:
        check_predictions(options.predictions, counted)
    kept = out / UNFINISHED
    methods = methods or default_methods(options, model, device, seed, kept)
    predicted = _predict(methods, counted)
    offsets: dict[Half, np.ndarray] = {"tune": NO_OFFSETS, "report": NO_OFFSETS}
    if options.offsets and methods.find is not None:
        others = [sample for sample in dataset.samples if half not in ("all", halves[sample])]
        offsets = fit_offsets(_detected(predicted) + (_detect(methods.find, others) if others else []), halves)
    errors = measure_errors(predicted, offsets, halves)
    groups = tuple(group for group in dataset.groups if group in errors.members)
    report = LandmarkReport(name, benchmark, errors, groups, dataset.notes, half, options, model, device, seed)
    report.write(out, draw_sheets(predicted, errors, list(methods.models), report.normalisation))
    Kept(kept).clear()
    show_tables(report.tables(), console or Console())
    return report


def default_methods(options: LandmarkOptions, model: str, device: str, seed: int, folder: Path) -> Methods:
    """What the options name, with the project's networks; none of them are loaded that are not needed.

    Args:
        options: see there.
        model: the model under test.
        device: where it runs.
        seed: of its sampling.
        folder: where results of models are kept.
    """
    prior = default_prior()
    if not options.methods and not options.models and not options.offsets:
        return Methods(prior, predictions=options.predictions)
    detector = default_detector()
    kept = Kept(folder, "landmarks")
    reconstruct = predictor_reconstructor(detector, model, seed, device, kept) if "ours" in options.methods else None
    models = load_models(options.models, detector, folder, device, seed, options.unsettled)
    return Methods(prior, default_point_finder(detector), reconstruct, options.methods, options.predictions, models)


def _predict(methods: Methods, samples: Sequence[LandmarkSample]) -> list[Predicted]:
    predicted = []
    with progress_bar("faces", len(samples)) as advance:
        for sample, image in pictures(samples) if methods.look else ((sample, None) for sample in samples):
            predicted.append(predict(methods, sample, image))
            advance()
    return predicted


def _detected(predicted: Sequence[Predicted]) -> list[tuple[LandmarkSample, np.ndarray]]:
    return [(face.sample, face.detector_px) for face in predicted if face.detector_px is not None]


def _detect(find: FindPoints, samples: Sequence[LandmarkSample]) -> list[tuple[LandmarkSample, np.ndarray]]:
    """The detector's own points on faces that are not reported on."""
    found = []
    with progress_bar("the other half", len(samples)) as advance:
        for sample, image in pictures(samples):
            points_px = find_points(find, sample, image)
            found += [] if points_px is None else [(sample, mapped_68(points_px))]
            advance()
    return found
