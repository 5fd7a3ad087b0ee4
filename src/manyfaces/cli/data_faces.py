"""`manyfaces data align`: faces cut out of photos, and what `data check` says of them."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from manyfaces.cli.data import progress_bar
from manyfaces.cli.data_commands import AlignData
from manyfaces.cli.messages import DONE, UsageError
from manyfaces.cli.reconstruct import check_out
from manyfaces.data import faces
from manyfaces.data.faces.prepare import LEFT_OUT

_SMALLEST_CROP_PX = 32


def align(command: AlignData) -> int:
    """Cut faces out and write shards."""
    if command.photos_per_shard < 1:
        raise UsageError(f"--photos-per-shard is {command.photos_per_shard}", "give a number from 1 up")
    if command.size_px < _SMALLEST_CROP_PX:
        raise UsageError(f"--size-px is {command.size_px}", f"give a number from {_SMALLEST_CROP_PX} up")
    check_out(command.out)
    from manyfaces.pipeline.models import load_detector, load_mesh

    opened = faces.open_face_set(command.kind, command.source, command.missing)
    if skipped := getattr(opened, "skipped", ()):
        print(f"{opened.name}: {len(skipped)} photos are listed and not there, such as {skipped[0]}", file=sys.stderr)
    chosen = faces.choose(opened, command.splits, command.names)
    config = faces.AlignConfig(command.photos_per_shard, command.size_px)
    with progress_bar("cutting faces") as progress:
        task = progress.add_task("", total=len(chosen.entries))
        left_out = faces.align_faces(
            chosen, command.out, load_detector(), load_mesh(), config, lambda done: progress.advance(task, done)
        )
    _say_left_out(left_out, command.out)
    print(f"{_summary(faces.open_aligned_faces(command.out))} -> {command.out}")
    return DONE


def check(folder: Path) -> None:
    """Compare shards with their checksums, and say what they hold.

    Raises:
        DataError: one is missing or damaged.
    """
    opened = faces.open_aligned_faces(folder)
    opened.tar.verify()
    print(_summary(opened))


def _summary(opened: faces.AlignedFaceSet) -> str:
    parts = Counter(entry.split for entry in opened.entries if entry.split)
    said = "".join(f", {count} {part}" for part, count in parts.items())
    return f"{opened.name}: {len(opened.entries)} faces of {opened.size_px} px{said}"


def _say_left_out(left_out: Sequence[faces.LeftOut], out: Path) -> None:
    if left_out:
        first = left_out[0]
        print(
            f"{len(left_out)} photos are left out, such as {first.name}: {first.why}; {out / LEFT_OUT} lists them",
            file=sys.stderr,
        )
