"""`manyfaces reconstruct`: many photos and videos, one after the other; a bad one is reported, the rest goes on."""

import dataclasses
import os
import sys
import time
from pathlib import Path
from typing import Any

from manyfaces.cli.clips import clip_options, reconstruct_clips
from manyfaces.cli.commands import Reconstruct
from manyfaces.cli.faces import (
    Failure,
    Plan,
    described_run,
    reconstruct_each,
    reconstruct_one_person,
    sampling_options,
)
from manyfaces.cli.messages import DONE, FAILED, UsageError, error_line
from manyfaces.cli.photos import PhotoJob, file_digest, find_photos, plan
from manyfaces.core.errors import InputError, ManyfacesError, OutputError
from manyfaces.io.picture_names import VIDEO_SUFFIXES
from manyfaces.io.report_files import REPORT_NAME, read_report


def reconstruct(command: Reconstruct) -> int:
    """Do all photos and videos; returns 0 when all went well, 1 when any failed."""
    if command.one_person:
        command = _for_one_person(command)
    face = _face(command.face)
    check_numbers(command)
    if command.image_root is not None:
        raise UsageError("--image-root is for a list", "add --layout official, or leave it out")
    found = find_photos(command.photos)
    photos = [path for path in found.photos if not _is_video(path)]
    n_clips = len(found.photos) - len(photos)
    if not found.photos and not found.dead_ends:
        raise UsageError("no photo was named", "name a picture, a video, a folder or a pattern")
    if n_clips and command.one_person:
        raise UsageError("--one-person is for photos", "leave it out: a video is one person's by itself")
    mask = None if command.occlusion in ("auto", "none") else Path(command.occlusion).expanduser()
    _check_mask(mask, len(photos))
    if found.photos:
        check_out(command.out)
    jobs = plan(found.photos, command.out)
    plans = _plans(command, jobs, mask, face)
    open_plans = [_open(one, command.resume) for one in plans]
    n_open = sum(len(one.jobs) for one in open_plans)
    skipped = len(jobs) - n_open
    failures: list[Failure] = []
    started = time.perf_counter()
    for_photos, for_clips = open_plans
    if for_photos.jobs:
        do = reconstruct_one_person if command.one_person else reconstruct_each
        failures += do(command, for_photos)
    if for_clips.jobs:
        failures += reconstruct_clips(command, for_clips)
    seconds = time.perf_counter() - started
    _summarise(n_open, skipped, failures, seconds, command.out)
    _point_out(jobs)
    for error in found.dead_ends:
        print(error_line(error), file=sys.stderr)
    return FAILED if failures or found.dead_ends else DONE


def is_finished(job: PhotoJob, settings: dict[str, Any]) -> bool:
    """Say whether a photo's results are complete, and made from the same file with the same settings."""
    report = read_report(job.folder / REPORT_NAME)
    if not report or not report.get("complete") or report.get("run") != described_run(job, settings):
        return False
    folders = [job.folder / name for name in report["faces"]] if "faces" in report else [job.folder]
    reports = [read_report(folder / REPORT_NAME) for folder in folders]
    return all(
        report is not None
        and report.get("complete")
        and all((folder / name).is_file() for name in report.get("files", ()))
        for folder, report in zip(folders, reports, strict=True)
    )


def check_numbers(command: Reconstruct) -> None:
    """Refuse numbers that cannot be meant.

    Raises:
        UsageError: names the argument.
    """
    for name in ("n_identities", "n_expressions"):
        if getattr(command, name) < 1:
            raise UsageError(f"--{name.replace('_', '-')} is {getattr(command, name)}", "give a number from 1 up")


def _plans(command: Reconstruct, jobs: list[PhotoJob], mask: Path | None, face: str | int) -> tuple[Plan, Plan]:
    """What is to be done for photos, and for videos."""
    photos, clips = ([job for job in jobs if _is_video(job.photo) == video] for video in (False, True))
    options = _options(command, mask, face) if photos else {}
    for_photos = Plan(photos, _settings(command, options, mask), options)
    tracking = clip_options(command, face) if clips else {}
    flat = {name: value for name, value in tracking.items() if name != "model_options"} | tracking.get(
        "model_options", {}
    )
    return for_photos, Plan(clips, _settings(command, flat, None), tracking)


def _open(whole: Plan, resume: bool) -> Plan:
    """What of a plan is not finished yet."""
    jobs = [job for job in whole.jobs if not (resume and is_finished(job, whole.settings))]
    return dataclasses.replace(whole, jobs=jobs)


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES


def _settings(command: Reconstruct, options: dict[str, Any], mask: Path | None) -> dict[str, Any]:
    settings = {name: getattr(command, name) for name in ("model", "head", "compat")} | options
    if mask is not None:
        settings["occlusion"] = f"mask {file_digest(mask)}"
    return settings


def _face(text: str) -> str | int:
    if text in ("all", "largest"):
        return text
    if text.isdecimal():
        return int(text)
    raise UsageError(f"--face {text!r}", "give all, largest or a number from 0 up")


def _for_one_person(command: Reconstruct) -> Reconstruct:
    """One face of each photo is the person: the largest, unless it is counted to."""
    if command.resume:
        raise UsageError("--resume goes photo by photo, --one-person does all at once", "leave one of them out")
    return dataclasses.replace(command, face="largest") if command.face == "all" else command


def _options(command: Reconstruct, mask: Path | None, face: str | int) -> dict[str, Any]:
    """All that the model can be told, by name: what cannot be meant is said once, not for each photo."""
    # Here, not above: torch takes seconds to import, and mistakes in the other arguments are found first.
    from manyfaces.pipeline.methods import options_of
    from manyfaces.pipeline.options import chosen

    given = {**sampling_options(command), "occlusion": command.occlusion if mask is None else mask, "face": face}
    if command.settle != "auto":
        given["settle"] = command.settle == "yes"
    options = chosen(options_of(command.model), given, command.model)
    return {field.name: getattr(options, field.name) for field in dataclasses.fields(options)}


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


def _summarise(n_open: int, skipped: int, failures: list[Failure], seconds: float, out: Path) -> None:
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
    pictures = (picture for job in jobs for picture in sorted(job.folder.glob("**/overview.*")))
    if first := next(pictures, None):
        print(f"Open {first}")
