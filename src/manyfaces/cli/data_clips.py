"""`manyfaces data prepare` for clips of people, and what `data check` says of them."""

import sys
from pathlib import Path

from manyfaces.cli.data import progress_bar
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.prepare_commands import PrepareClips
from manyfaces.cli.reconstruct import check_out
from manyfaces.data import clips
from manyfaces.data.processes import usable_cores

_SMALLEST_CROP_PX = 32


def prepare(command: PrepareClips) -> int:
    """Prepare the clips of a set, and say what became of them."""
    _check(command)
    check_out(command.out)
    opened = clips.open_clips(command.kind, command.root, command.takes_fakes, command.only)
    from manyfaces.pipeline.clip_eyes import MODEL, load_clip_eyes

    config = clips.ClipConfig(command.every, command.frames_per_clip, command.size_px, command.min_confidence)
    names = MODEL if command.facenet is None else f"{MODEL}, {command.facenet.name}"
    seeing = clips.Seeing(load_clip_eyes, (command.facenet,), names)
    workers = command.workers or usable_cores()
    with progress_bar("preparing clips") as progress:
        task = progress.add_task("", total=len(opened.clips))
        report = clips.prepare_clips(
            opened, command.out, seeing, config, workers, lambda done: progress.advance(task, done)
        )
    _say_left_out(report, command.out)
    print(f"{_summary(clips.open_prepared(command.out))} -> {command.out}")
    return DONE


def check(folder: Path) -> None:
    """Compare shards with their checksums, and say what they hold.

    Raises:
        DataError: one is missing or damaged.
    """
    opened = clips.open_prepared(folder)
    opened.tar.verify()
    print(_summary(opened))


def _check(command: PrepareClips) -> None:
    at_least = (("every", 1), ("frames-per-clip", 0), ("size-px", _SMALLEST_CROP_PX), ("workers", 1))
    for name, least in at_least:
        given = getattr(command, name.replace("-", "_"))
        if given is not None and given < least:
            raise UsageError(f"--{name} is {given}", f"give a number from {least} up")
    if not 0 <= command.min_confidence <= 1:
        raise UsageError(f"--min-confidence is {command.min_confidence}", "give a number from 0 to 1")
    if command.facenet is not None and not command.facenet.is_file():
        raise UsageError(f"there is no file {command.facenet}", "give the path of FaceNet's weights")


def _summary(opened: clips.PreparedFrames) -> str:
    people = f"{len(opened.subjects)} people" if len(opened.subjects) != 1 else "1 person"
    return f"{opened.name}: {len(opened)} frames of {opened.size_px} px, {len(opened.clips)} clips, {people}"


def _say_left_out(report: clips.Report, out: Path) -> None:
    if report.reasons:
        counts = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
        print(f"left out: {counts}; {out / clips.REPORT} lists them", file=sys.stderr)
