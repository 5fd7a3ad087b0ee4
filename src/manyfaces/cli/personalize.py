"""`manyfaces personalize`: photos and videos of a person in, the person's model out."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.personalize_commands import Personalize
from manyfaces.cli.reconstruct import check_out
from manyfaces.core.errors import InputError

if TYPE_CHECKING:
    from manyfaces.pipeline.person_folder import PersonRecord

_LISTED = 5


def personalize(command: Personalize) -> int:
    """Do it; returns the exit code."""
    for name in ("frames", "coarse_steps", "detail_steps", "width", "skin_width"):
        if getattr(command, name) < 1:
            raise UsageError(f"--{name.replace('_', '-')} is {getattr(command, name)}", "give a number from 1 up")
    if not command.sources:
        raise UsageError("no photo, folder or video was named", "name some, all of one person")
    for path in command.sources:
        if not path.expanduser().exists():
            raise InputError(f"there is no photo, folder or video {path}", "check the name")
    check_out(command.out)
    record = _perform(command)
    for line in record.left_out[:_LISTED]:
        print(f"left out: {line}")
    if len(record.left_out) > _LISTED:
        print(f"and {len(record.left_out) - _LISTED} more, see {command.out / 'report.json'}")
    share = " and ".join(f"{share:.1%}" for share in record.learned_share)
    print(f"{len(record.frames)} frames, {sum(record.seconds):.0f} s of learning, {share} of both networks' parameters")
    print(f"Try: manyfaces reconstruct PHOTO --model {command.out} --out results")
    return DONE


def _perform(command: Personalize) -> "PersonRecord":
    # Here, not above: torch and the networks take seconds to import, and mistakes in the arguments are found first.
    import torch

    from manyfaces.pipeline.clip_eyes import load_clip_eyes
    from manyfaces.pipeline.personal_models import load_personal
    from manyfaces.train.personal.gathering import GatherOptions
    from manyfaces.train.personal.personalize import PersonalizeOptions, personalize

    base = load_personal(command.base, torch.device(resolve_device(command.device)))
    if base.person is not None:
        raise InputError(f"{command.base} is somebody's model already", "name the base that it was made from")
    columns = SpinnerColumn(), TextColumn("looking at {task.description}", markup=False), TimeElapsedColumn()
    console = Console(stderr=True)
    options = PersonalizeOptions(
        gather=GatherOptions(frames=command.frames),
        coarse_steps=command.coarse_steps,
        detail_steps=command.detail_steps,
        width=command.width,
        skin_width=command.skin_width,
        seed=command.seed,
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("the sources")

        def say(line: str) -> None:
            progress.stop()
            print(line)

        return personalize(
            base,
            [path.expanduser() for path in command.sources],
            command.out,
            load_clip_eyes(command.facenet),
            options,
            say,
            lambda name: progress.update(task, description=name),
        )
