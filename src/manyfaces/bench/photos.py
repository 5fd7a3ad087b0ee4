"""The photo protocol: how well hidden points of real faces are found, beside what simple methods give.

Photos in the order of their names alternate between a half for tuning and one for reporting; AFLW2000 is reported
apart. For each annotated face there is the clean photo and one picture for each drawn occluder. Errors are inter-ocular
NME in percent over faces that the detector finds on the very picture; constant offsets between the 468-to-68 mapping
and the annotation are measured on the clean photos of the other half and removed for every method.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from rich.console import Console

from manyfaces.bench.baselines import (
    HeadPrior,
    RigidFit,
    fit_mean_heads,
    head_jitter_px,
    jittered,
    mean_head_on_box,
)
from manyfaces.bench.face_points import (
    OCCLUSIONS,
    FindPoints,
    Occlusion,
    Reconstructor,
    default_detector,
    default_point_finder,
)
from manyfaces.bench.kept import UNFINISHED, Kept
from manyfaces.bench.models import DEFAULT_MODEL, named_models
from manyfaces.bench.ours import default_prior, predictor_reconstructor
from manyfaces.bench.photo_figures import find_figures
from manyfaces.bench.photo_report import PhotoReport
from manyfaces.bench.photo_set import AnnotatedPhoto, Half, read_photo_set
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import provenance, show_tables
from manyfaces.bench.scoring import Case, Predictions, best_error, distances, fit_offsets
from manyfaces.core.errors import InputError
from manyfaces.core.seeds import numpy_generator
from manyfaces.io.image import read_image

N_HYPOTHESES = 15
JITTER_SCALES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0)


def run_photos(
    photos_dir: Path,
    out: Path,
    half: Literal["all", "tune", "report"] = "all",
    limit: int | None = None,
    reconstruct: Reconstructor | None = None,
    find: FindPoints | None = None,
    prior: HeadPrior | None = None,
    seed: int = 0,
    model: str = DEFAULT_MODEL,
    device: str = "cpu",
    console: Console | None = None,
) -> PhotoReport:
    """Measure on a folder of annotated photos, print the tables and write them with `photos.json` to `out`.

    A run that was stopped goes on where it was.

    Args:
        photos_dir: see `manyfaces.bench.photo_set`.
        out: folder for the results.
        half: which photos count.
        limit: only that many of them, for a quick look.
        reconstruct: the method under test; the named models by default.
        find: the detector's own points; the project's by default.
        prior: random heads for the baselines; those of the open head by default.
        seed: of jitter and of the method's sampling.
        model: the models under test, see `named_models`, where `reconstruct` is not given.
        device: where they run.
        console: where tables are printed; stdout by default.

    Raises:
        InputError: the folder does not have the format, or holds no face to report on.
        ChoiceError, AssetError, HeadFileError, WeightError: a model cannot be loaded.
        OutputError: `out` cannot be written.
    """
    photos = read_photo_set(photos_dir)
    counted = [photo for photo in photos if half in ("all", photo.half)][:limit]
    if not any(photo.faces for photo in counted):
        raise InputError(f"{photos_dir} holds no annotated face in its half {half!r}")
    kept = Kept(out / UNFINISHED, "photos")
    resumed = not kept.empty
    methods = {model: reconstruct} if reconstruct else {}
    if not methods or find is None:
        detector = default_detector()
        find = find or default_point_finder(detector)
        names = [] if methods else named_models(model)
        methods |= {name: predictor_reconstructor(detector, name, seed, device, kept) for name in names}
    found = _detect(photos, find)
    offsets = fit_offsets(found)
    prior = prior or default_prior()
    scale = _tune_jitter([case for case in found if case.photo.half == "tune"], prior, offsets, seed)
    mine = [case for case in found if case.photo in counted]
    start = time.perf_counter()
    cases = {name: _reconstruct(mine, method, name) for name, method in methods.items()}
    seconds = (time.perf_counter() - start) / max(len(methods) * len(OCCLUSIONS) * len(mine), 1)
    timed = None if resumed else seconds
    figures = {}
    for name, own in cases.items():
        predictions = _predict([case for case in own if case.detector_px is not None], prior, scale, seed)
        figures[name] = find_figures(own, predictions, offsets)
    settings = {"half": half, "seed": seed, "jitter_scale": scale, "seconds_per_reconstruction": timed}
    report = PhotoReport(figures, settings)
    report.write(out, provenance(seed, device, model=", ".join(methods), half=half))
    kept.clear()
    show_tables(report.tables, console or Console())
    return report


def _detect(photos: Iterable[AnnotatedPhoto], find: FindPoints) -> list[Case]:
    """The detector's own points on every picture of every photo: both halves, for offsets and for tuning."""
    photos = list(photos)
    cases = []
    with progress_bar("detector", sum(len(face.kinds) for photo in photos for face in photo.faces)) as advance:
        for photo in photos:
            image = read_image(photo.path)
            for face in photo.faces:
                for kind in face.kinds:
                    points = find(face.picture(image, kind), partial(photo.choose, face.index))
                    cases.append(Case(photo, face, kind, points))
                    advance()
    return cases


def _reconstruct(cases: Sequence[Case], reconstruct: Reconstructor, name: str) -> list[Case]:
    done, image, path = [], np.zeros((0, 0, 3), np.uint8), None
    with progress_bar(f"reconstruction, {name}", len(OCCLUSIONS) * len(cases)) as advance:
        for case in cases:
            if case.photo.path != path:
                image, path = read_image(case.photo.path), case.photo.path
            picture, mask = case.face.picture(image, case.kind), case.face.mask(image, case.kind)
            ours = {}
            for occlusion in OCCLUSIONS:
                given = mask if occlusion == "known" else "auto"
                ours[occlusion] = reconstruct(picture, given, partial(case.photo.choose, case.face.index))
                advance()
            done.append(replace(case, ours=ours))
    return done


def _predict(cases: Sequence[Case], prior: HeadPrior, scale: float, seed: int) -> Mapping[Case, Predictions]:
    predictions: dict[Case, dict] = {case: {} for case in cases}
    for occlusion in OCCLUSIONS:
        for case, fit in zip(cases, _fits(cases, prior, occlusion), strict=True):
            own, ours = case.detector_68_px, case.ours[occlusion]
            jitter_px = head_jitter_px(prior, fit, N_HYPOTHESES, _jitter_stream(case, seed))
            hypotheses = mean_head_on_box(prior, case.face.box_px)[None] if ours is None else ours.points_68_px
            predictions[case].update(
                {
                    (occlusion, "facemesh"): own[None],
                    (occlusion, "jitter"): jittered(own, case.face.hidden(case.kind), jitter_px, scale),
                    (occlusion, "mean_head"): fit.points_68_px[None],
                    (occlusion, "first"): hypotheses[:1],
                    (occlusion, "best15"): hypotheses[:N_HYPOTHESES],
                }
            )
    return predictions


def _fits(cases: Sequence[Case], prior: HeadPrior, occlusion: Occlusion) -> list[RigidFit]:
    """The mean head on each face, by the points that are visible: as drawn, or as the method under test says."""
    points = np.array([case.detector_px for case in cases]).reshape(-1, 468, 2)
    visible = np.ones((len(cases), 468), bool)
    for row, case in enumerate(cases):
        ours = case.ours.get(occlusion)
        if occlusion == "known" and case.kind != "clean":
            visible[row] = ~_under(case, points[row])
        elif occlusion == "auto" and ours is not None:
            visible[row] = ours.visible
    return fit_mean_heads(prior, points, visible)


def _under(case: Case, points_px: np.ndarray) -> np.ndarray:
    """Which points lie under the drawn occluder."""
    polygon = case.face.occluders[case.kind].polygon_px.astype(np.float32)
    return np.array([cv2.pointPolygonTest(polygon, (float(x), float(y)), False) >= 0 for x, y in points_px])


def _tune_jitter(cases: Iterable[Case], prior: HeadPrior, offsets: Mapping[Half, np.ndarray], seed: int) -> float:
    """The scale of the jitter that makes its best of 15 best on the hidden points of the tune half."""
    usable = [
        case
        for case in cases
        if case.detector_px is not None and not case.photo.aflw2000 and case.selected("hidden").any()
    ]
    fits = _fits(usable, prior, "known")
    drawn = [
        head_jitter_px(prior, fit, N_HYPOTHESES, _jitter_stream(c, seed)) for c, fit in zip(usable, fits, strict=True)
    ]

    def error(scale: float) -> float:
        errors = [
            best_error(
                distances(
                    jittered(case.detector_68_px, case.face.hidden(case.kind), jitter_px, scale),
                    case.face.points_px,
                    offsets[case.photo.half],
                ),
                case.selected("hidden"),
            )
            for case, jitter_px in zip(usable, drawn, strict=True)
        ]
        return float(np.mean(errors))

    return min(JITTER_SCALES, key=error) if usable else 1.0


def _jitter_stream(case: Case, seed: int) -> np.random.Generator:
    return numpy_generator(seed, "jitter", case.face.file, case.face.index, case.kind)
