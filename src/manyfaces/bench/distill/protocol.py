"""`manyfaces bench distill`: teacher and students of the Occlusion Resistant Network, in the paper's tables."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from manyfaces.bench.distill.options import PARTS, DistillOptions, Part
from manyfaces.bench.distill.people import PeopleBench, measure_people
from manyfaces.bench.distill.people_report import PeopleReport
from manyfaces.bench.distill.photo_report import PhotoReport
from manyfaces.bench.distill.photos import faces_by_picture, measure_photos, read_faces
from manyfaces.bench.distill.speed import DistillSpeed, measure_speed
from manyfaces.bench.face_points import FindPoints
from manyfaces.bench.kept import UNFINISHED, Kept
from manyfaces.bench.progress import progress_bar
from manyfaces.bench.report import show_tables
from manyfaces.core.errors import ChoiceError, InputError

Report = PeopleReport | PhotoReport | DistillSpeed


def bench_distill(
    out: Path,
    parts: Sequence[str] = ("people",),
    photos: Path | None = None,
    options: DistillOptions | None = None,
    find: FindPoints | None = None,
    console: Console | None = None,
) -> dict[Part, Report]:
    """Measure, print the tables and write `distill*.md`, `.tex`, `.csv` and `.json`; a stopped run goes on.

    Args:
        out: folder for the results.
        parts: "people": held-out synthetic people; "photos": annotated photos; "speed": pictures drawn and learnt from.
        photos: folder of annotated photos, for that part.
        options: see there.
        find: the detector of that part; the project's by default.
        console: where tables are printed; stdout by default.

    Raises:
        ChoiceError: there is no such part, network or layout.
        InputError, DataError: the photos are missing, or cannot be read.
        ConfigError, WeightError, AssetError: the networks cannot be loaded, or not be compared.
        OutputError: `out` cannot be written.
    """
    options = options or DistillOptions()
    for part in parts:
        if part not in PARTS:
            raise ChoiceError("part", part, PARTS)
    if "photos" in parts and photos is None:
        raise InputError("the part of photos measures on a folder of them", "name it with --dataset")
    reports: dict[Part, Report] = {}
    bench = PeopleBench(options) if {"people", "photos"} & set(parts) else None
    if "people" in parts and bench is not None:
        reports["people"] = _people(bench, out)
    if "photos" in parts and bench is not None and photos is not None:
        reports["photos"] = _photos(bench, photos, out, find)
    if "speed" in parts:
        reports["speed"] = measure_speed(options.device, options.head)
    for report in reports.values():
        report.write(out)
        show_tables(report.tables, console or Console())
    Kept(out / UNFINISHED).clear()
    return reports


def _people(bench: PeopleBench, out: Path) -> PeopleReport:
    with progress_bar("people", len(bench.chunks)) as advance:
        scores = measure_people(bench, out / UNFINISHED, advance)
    return PeopleReport(scores, bench.options)


def _photos(bench: PeopleBench, folder: Path, out: Path, find: FindPoints | None) -> PhotoReport:
    samples = read_faces(folder, bench.options.layout, bench.options.limit)
    with progress_bar("photos", len(faces_by_picture(samples))) as advance:
        scores = measure_photos(bench, samples, out / UNFINISHED, advance, find)
    return PhotoReport(scores, bench.options, folder.name)
