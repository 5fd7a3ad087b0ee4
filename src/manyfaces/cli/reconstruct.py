"""`manyfaces reconstruct`: many photos, one after the other; a bad one is reported and the rest goes on."""

import dataclasses
import os
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from manyfaces.cli.commands import Reconstruct
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import DONE, FAILED, UsageError, error_line, unexpected
from manyfaces.cli.photos import PhotoJob, file_digest, find_photos, plan
from manyfaces.core.errors import InputError, ManyfacesError, OutputError
from manyfaces.io.report_files import REPORT_NAME, read_report


@dataclass(frozen=True)
class _Failure:
    photo: Path
    error: ManyfacesError


def reconstruct(command: Reconstruct) -> int:
    """Do all photos; returns 0 when all went well, 1 when any failed."""
    face = _face(command.face)
    check_numbers(command)
    if command.image_root is not None:
        raise UsageError("--image-root is for a list", "add --layout official, or leave it out")
    found = find_photos(command.photos)
    photos = found.photos
    if not photos and not found.dead_ends:
        raise UsageError("no photo was named", "name a picture, a folder or a pattern")
    mask = None if command.occlusion in ("auto", "none") else Path(command.occlusion).expanduser()
    _check_mask(mask, len(photos))
    if photos:
        check_out(command.out)
    jobs = plan(photos, command.out)
    settings = _settings(command, mask)
    open_jobs = [job for job in jobs if not (command.resume and is_finished(job, settings))]
    skipped = len(jobs) - len(open_jobs)
    failures: list[_Failure] = []
    started = time.perf_counter()
    if open_jobs:
        failures = _do_all(command, open_jobs, settings, mask, face)
    seconds = time.perf_counter() - started
    _summarise(len(open_jobs), skipped, failures, seconds, command.out)
    _point_out(jobs)
    for error in found.dead_ends:
        print(error_line(error), file=sys.stderr)
    return FAILED if failures or found.dead_ends else DONE


def is_finished(job: PhotoJob, settings: dict[str, Any]) -> bool:
    """Say whether a photo's results are complete, and made from the same file with the same settings."""
    report = read_report(job.folder / REPORT_NAME)
    if not report or not report.get("complete") or report.get("run") != _run(job, settings):
        return False
    folders = [job.folder / name for name in report["faces"]] if "faces" in report else [job.folder]
    reports = [read_report(folder / REPORT_NAME) for folder in folders]
    return all(
        report is not None
        and report.get("complete")
        and all((folder / name).is_file() for name in report.get("files", ()))
        for folder, report in zip(folders, reports, strict=True)
    )


def _do_all(
    command: Reconstruct, jobs: list[PhotoJob], settings: dict[str, Any], mask: Path | None, face: str | int
) -> list[_Failure]:
    failures: list[_Failure] = []
    with _progress() as progress:
        task = progress.add_task("loading the model", total=len(jobs))
        # Here, not above: torch and the networks take seconds to import, and mistakes in the arguments are found first.
        from manyfaces.pipeline import Options, Predictor

        options = {
            **sampling_options(command),
            "occlusion": command.occlusion if mask is None else mask,
            "face": face,
            "settle": {"auto": None, "yes": True, "no": False}[command.settle],
        }
        Options(**options)  # what cannot be meant is said once, not for each photo
        device = resolve_device(command.device)
        predictor = Predictor.from_pretrained(command.model, device, command.head, command.compat)
        for job in jobs:
            progress.update(task, description=job.photo.name)
            started = time.perf_counter()
            try:
                n_faces = _do_one(predictor, job, settings, options)
            except Exception as error:
                if os.environ.get("MANYFACES_DEBUG") and not isinstance(error, ManyfacesError):
                    traceback.print_exc()
                failures.append(_Failure(job.photo, as_ours(error)))
            else:
                what = "1 face" if n_faces == 1 else f"{n_faces} faces"
                print(f"{job.photo}: {what}, {time.perf_counter() - started:.1f} s -> {job.folder}")
            progress.advance(task)
    return failures


def _do_one(predictor: Any, job: PhotoJob, settings: dict[str, Any], options: dict[str, Any]) -> int:
    from manyfaces.pipeline.export import save_photo

    results = predictor.reconstruct(job.photo, **options)
    named = [result if result.source else dataclasses.replace(result, source=job.photo.name) for result in results]
    save_photo(named, job.folder, _run(job, settings))
    return len(named)


def sampling_options(command: Reconstruct) -> dict[str, Any]:
    """What the command says of sampling, as fields of `Options`."""
    names = ("identities", "n_identities", "n_expressions", "seed", "sampler")
    return {name: getattr(command, name) for name in names}


def check_numbers(command: Reconstruct) -> None:
    """Refuse numbers that cannot be meant.

    Raises:
        UsageError: names the argument.
    """
    for name in ("n_identities", "n_expressions"):
        if getattr(command, name) < 1:
            raise UsageError(f"--{name.replace('_', '-')} is {getattr(command, name)}", "give a number from 1 up")


def as_ours(error: Exception) -> ManyfacesError:
    """The error itself if it is meant for people, else in such a form."""
    return error if isinstance(error, ManyfacesError) else unexpected(error)


def _settings(command: Reconstruct, mask: Path | None) -> dict[str, Any]:
    names = (
        "model",
        "head",
        "compat",
        "identities",
        "n_identities",
        "n_expressions",
        "seed",
        "face",
        "sampler",
        "settle",
    )
    settings = {name: getattr(command, name) for name in names}
    settings["occlusion"] = command.occlusion if mask is None else f"mask {file_digest(mask)}"
    return settings


def _run(job: PhotoJob, settings: dict[str, Any]) -> dict[str, Any]:
    return {"photo": job.photo.name, "photo_sha256": file_digest(job.photo), **settings}


def _face(text: str) -> str | int:
    if text in ("all", "largest"):
        return text
    if text.isdecimal():
        return int(text)
    raise UsageError(f"--face {text!r}", "give all, largest or a number from 0 up")


def _check_mask(mask: Path | None, n_photos: int) -> None:
    if mask is None:
        return
    if n_photos > 1:
        raise UsageError(f"one mask cannot fit {n_photos} photos", "give masks one photo at a time, or use auto")
    if not mask.is_file():
        what = "a directory" if mask.is_dir() else "no such file"
        raise InputError(f"--occlusion {mask}: {what}", "auto, none or a mask picture of the photo's size")


def check_out(out: Path) -> None:
    """Make the output folder before anything is loaded: nobody wants to learn a minute later that it cannot be.

    Raises:
        OutputError: it cannot be made or written.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"--out {out} is a file", "name a folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {out}: {error.strerror}", "choose one you may write to") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write into {out}", "check its permissions, or choose another folder")


def _summarise(n_open: int, skipped: int, failures: list[_Failure], seconds: float, out: Path) -> None:
    done = n_open - len(failures)
    parts = [f"{done} of {n_open} done in {seconds:.1f} s"] + ([f"{skipped} skipped"] if skipped else [])
    if failures:
        parts.append(f"{len(failures)} failed")
    if n_open + skipped > 1 or skipped:
        print(f"{', '.join(parts)} -> {out}")
    for failure in failures:
        named, error = str(failure.photo), failure.error
        message = error.message if named in error.message else f"{named}: {error.message}"
        print(error_line(ManyfacesError(message, error.fix)), file=sys.stderr)


def _point_out(jobs: list[PhotoJob]) -> None:
    """Say which picture to look at first."""
    pictures = (picture for job in jobs for picture in sorted(job.folder.glob("**/overview.png")))
    if first := next(pictures, None):
        print(f"Open {first}")


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        # Lines for a terminal are printed above the bar; lines for a file or a pipe must not end up on the terminal.
        redirect_stdout=sys.stdout.isatty(),
    )
