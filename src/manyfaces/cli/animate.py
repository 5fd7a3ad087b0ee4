"""`manyfaces animate`: a person, a driver, and a folder of files."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from manyfaces.cli.animate_commands import Animate
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import DONE, FAILED, INTERRUPTED, UsageError
from manyfaces.cli.reconstruct import check_out
from manyfaces.core.errors import InputError
from manyfaces.io.report_files import REPORT_NAME, read_report

if TYPE_CHECKING:
    from manyfaces.io.frames import FrameStream

DEFAULT_MODEL = "ofer-open"


def animate(command: Animate) -> int:
    """Do it; returns 0 when the whole clip was done, 1 when a fault ended it, 130 after Ctrl-C in a file."""
    check_arguments(command)
    if not Path(command.person).expanduser().exists():
        raise InputError(f"there is no photo or folder {command.person}", "check the name")
    check_out(command.out)
    source = _source(command.drive)
    started = time.perf_counter()
    # Here, not above: torch and the networks take seconds to import, and mistakes in the arguments are found first.
    from manyfaces.io.frames import open_frames

    with open_frames(source, command.every) as stream, _progress() as progress:
        task = progress.add_task("loading the model", total=_expected(stream, command))
        report = _perform(command, stream, lambda what, n: progress.update(task, description=what, advance=n))
    _tell(report, command.out, time.perf_counter() - started)
    if report["stopped"] and not isinstance(source, int):
        return INTERRUPTED
    return FAILED if report["run"]["faults"] else DONE


def check_arguments(command: Animate) -> None:
    """Refuse what cannot be meant.

    Raises:
        UsageError: names the argument.
    """
    if command.hypothesis < 1 or command.every < 1:
        raise UsageError("--hypothesis and --every count from 1", "give numbers from 1 up")
    if command.seconds is not None and not command.seconds > 0:
        raise UsageError(f"--seconds is {command.seconds:g}", "give a number above 0")
    if command.face != "largest" and not command.face.isdecimal():
        raise UsageError(f"--face {command.face!r}", "give largest or a number from 0 up")


def _perform(command: Animate, stream: "FrameStream", told: Any) -> dict[str, Any]:
    from manyfaces.pipeline import Predictor
    from manyfaces.pipeline.animation import PlayOptions, animate, load_character
    from manyfaces.pipeline.video import TrackOptions, track

    model, head = _model(command)
    predictor = Predictor.from_pretrained(model, resolve_device(command.device), head)
    told("the person", 0)
    face = int(command.face) if command.face.isdecimal() else command.face
    character = load_character(command.person, predictor, command.hypothesis - 1, face, command.seed)
    told("the driver", 0)
    run = {name: getattr(command, name) for name in ("person", "hypothesis", "face", "neutral", "every", "seed")}
    return animate(
        character,
        stream,
        track(stream, predictor, TrackOptions()),
        command.out,
        PlayOptions(command.neutral, command.seconds),
        command.vertices,
        {**run, "model": model},
        lambda: told("the driver", 1),
    )


def _source(drive: str) -> Path | int:
    """Digits are a camera, unless there is a file of that name."""
    path = Path(drive).expanduser()
    return int(drive) if drive.isdecimal() and not path.exists() else path


def _model(command: Animate) -> tuple[str, str | None]:
    """Model and head: as said, else as a folder was made with."""
    report = read_report(Path(command.person).expanduser() / REPORT_NAME) or {}
    made = report.get("run", {})
    model = command.model or made.get("model") or DEFAULT_MODEL
    return model, command.head or (made.get("head") if model == made.get("model") else None)


def _expected(stream: "FrameStream", command: Animate) -> float | None:
    if command.seconds is None:
        return stream.expected
    most = round(command.seconds * stream.fps)
    return most if stream.expected is None else min(most, stream.expected)


def _tell(report: dict[str, Any], out: Path, seconds: float) -> None:
    frames = report["frames"]
    lost = f", {frames['lost']} without the driver" if frames["lost"] else ""
    stopped = "stopped: " if report["stopped"] else ""
    shapes = f"{report['morph_targets']} morph targets, off by {report['largest_error_mm']:.2f} mm at most"
    print(f"{stopped}{frames['tracked']} frames{lost}, {seconds:.1f} s; {shapes} -> {out}")
    for fault in report["run"]["faults"]:
        print(f"error: {fault}", file=sys.stderr)
    print(f"Open {out / 'side_by_side.mp4'}")


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
    )
