"""`manyfaces animate`: a person, a driver, and a folder of files."""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import Progress

from manyfaces.cli.animate_commands import Animate
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.faces import progress_bar
from manyfaces.cli.messages import DONE, FAILED, INTERRUPTED, UsageError
from manyfaces.cli.reconstruct import check_out
from manyfaces.core.errors import InputError
from manyfaces.io.report_files import REPORT_NAME, read_report

if TYPE_CHECKING:
    from manyfaces.io.frames import FrameStream
    from manyfaces.pipeline import Predictor
    from manyfaces.pipeline.video import TrackOptions

DEFAULT_MODEL = "ofer-open"


def animate(command: Animate) -> int:
    """Do it; returns 0 when the whole clip was done, 1 when a fault ended it, 130 after Ctrl-C in a file."""
    check_arguments(command)
    if not Path(command.person).expanduser().exists():
        raise InputError(f"there is no photo or folder {command.person}", "check the name")
    check_out(command.out)
    started = time.perf_counter()
    with _clip(command) as stream, progress_bar() as progress:
        report = _perform(command, stream, progress)
    _tell(report, command.out, time.perf_counter() - started)
    if report["stopped"] and not isinstance(_source(command), int):
        return INTERRUPTED
    return FAILED if report["clip"]["faults"] else DONE


def check_arguments(command: Animate) -> None:
    """Refuse what cannot be meant.

    Raises:
        UsageError: names the argument.
    """
    for name in ("hypothesis", "every"):
        if getattr(command, name) < 1:
            raise UsageError(f"--{name} is {getattr(command, name)}", "give a number from 1 up")
    if command.seconds is not None and not command.seconds > 0:
        raise UsageError(f"--seconds is {command.seconds:g}", "give a number above 0")
    if command.face != "largest" and not command.face.isdecimal():
        raise UsageError(f"--face {command.face!r}", "give largest or a number from 0 up")


def _perform(command: Animate, stream: "FrameStream", progress: Progress) -> dict[str, Any]:
    # Here, not above: torch and the networks take seconds to import, and mistakes in the arguments are found first.
    from manyfaces.pipeline import Predictor
    from manyfaces.pipeline.animation import PlayOptions, animate, load_character
    from manyfaces.pipeline.video import TrackOptions, track

    task = progress.add_task("loading the model", total=stream.expected)
    model, head = _model(command)
    predictor = Predictor.from_pretrained(model, resolve_device(command.device), head)
    progress.update(task, description="the person")
    face = int(command.face) if command.face.isdecimal() else command.face
    character = load_character(command.person, predictor, command.hypothesis - 1, face, command.seed)
    if command.smooth:
        character = replace(character, detail=None)
    said: dict[str, Any] = {"seed": command.seed}
    if hasattr(predictor.options(), "detail"):
        said["detail"] = False  # of the driver nobody sees any
    options = TrackOptions(face=command.driver_face, model_options=said)
    progress.update(task, description="whose face the driver has")
    options = _with_driver(command, predictor, options)
    progress.update(task, description="the driver")
    names = ("person", "hypothesis", "face", "driver_face", "neutral", "every", "seconds", "smooth", "seed")
    return animate(
        character,
        stream,
        track(stream, predictor, options, _remark),
        command.out,
        PlayOptions(command.neutral),
        command.vertices,
        {"model": model, **{name: getattr(command, name) for name in names}},
        lambda: progress.advance(task),
        lambda: progress.update(task, description="the files"),
    )


def _with_driver(command: Animate, predictor: "Predictor", options: "TrackOptions") -> "TrackOptions":
    """Find out whose face it is in a quick pass over a file; a camera cannot be read twice."""
    from manyfaces.pipeline.video import find_person
    from manyfaces.pipeline.video.person import FIRST_PASS_FRAMES

    if isinstance(_source(command), int):
        return options
    with _clip(command) as clip:
        skip = max(1, (clip.expected or 0) // FIRST_PASS_FRAMES)
    with _clip(command, skip) as clip:
        return replace(options, person=find_person(clip, predictor, options).identity)


def _clip(command: Animate, skip: int = 1) -> "FrameStream":
    from manyfaces.io.frames import open_frames

    stream = open_frames(_source(command), command.every * skip)
    return stream if command.seconds is None else stream.until(command.seconds)


def _source(command: Animate) -> Path | int:
    """Digits are a camera, unless there is a file of that name."""
    path = Path(command.drive).expanduser()
    return int(command.drive) if command.drive.isdecimal() and not path.exists() else path


def _model(command: Animate) -> tuple[str, str | None]:
    """Model and head: as said, else as a folder was made with; for a person's model the base that it is for."""
    from manyfaces.io.model_folders import CARD_NAME, PersonFolder, read_model_folder

    folder = Path(command.person).expanduser()
    if (folder / CARD_NAME).is_file() and isinstance(model := read_model_folder(folder), PersonFolder):
        return command.model or model.card.base, command.head
    report = read_report(folder / REPORT_NAME) or {}
    made = report.get("run", {})
    model = command.model or made.get("model") or DEFAULT_MODEL
    return model, command.head or (made.get("head") if model == made.get("model") else None)


def _remark(remark: str) -> None:
    print(f"note: {remark}", file=sys.stderr)


def _tell(report: dict[str, Any], out: Path, seconds: float) -> None:
    frames = report["frames"]
    parts = [f"{frames['tracked']} frames in {seconds:.1f} s"]
    if frames["lost"]:
        parts.append(f"{frames['lost']} more without the driver")
    if report["stopped"]:
        parts.append("stopped there")
    parts.append(f"{report['morph_targets']} morph targets, the head at most {report['largest_error_mm']:.2f} mm off")
    print(f"{', '.join(parts)} -> {out}")
    for fault in report["clip"]["faults"]:
        print(f"error: {fault}", file=sys.stderr)
    print(f"Open {out / 'side_by_side.mp4'}")
