"""`manyfaces data`: check, pack and make sets of photos."""

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from manyfaces.cli.data_commands import CheckData, PackData
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import DONE, FAILED, UsageError, error_line
from manyfaces.cli.prepare_commands import PrepareRecordings
from manyfaces.cli.reconstruct import check_out
from manyfaces.core.errors import ManyfacesError


def check(command: CheckData) -> int:
    """Check every set; one that is not whole does not stop the others."""
    from manyfaces.cli import data_clips, data_faces
    from manyfaces.data import photos
    from manyfaces.data.tar_shards import ALIGNED_FACES, PREPARED_FRAMES, shards_kind

    own_checks = {ALIGNED_FACES: data_faces.check, PREPARED_FRAMES: data_clips.check}

    _named(command.sources)
    failed = False
    for source in command.sources:
        try:
            if own_check := own_checks.get(shards_kind(source) or ""):
                own_check(source)
                continue
            with _warnings_in_words():
                opened = photos.open_set(source, command.channels, command.missing, lists=command.lists)
            if isinstance(opened, photos.ShardSet):
                opened.verify()
            print(_summary(opened))
            failed |= _say_skipped(opened)
        except ManyfacesError as error:
            failed = True
            print(error_line(error), file=sys.stderr)
    return FAILED if failed else DONE


def pack(command: PackData) -> int:
    """Write sets as shards."""
    from manyfaces.data import photos

    _named(command.sources)
    if command.photos_per_shard < 1:
        raise UsageError(f"--photos-per-shard is {command.photos_per_shard}", "give a number from 1 up")
    check_out(command.out)
    head = None if command.head == "auto" else command.head
    how = (command.channels, command.missing, command.n_identity, command.n_expression, head, command.lists)
    with _warnings_in_words():
        sets = [photos.open_set(source, *how) for source in command.sources]
    for opened in sets:
        _say_skipped(opened)
    config = photos.PackConfig(command.photos_per_shard, 0 if command.shuffle == "mixed" else None)
    with progress_bar("packing") as progress:
        task = progress.add_task("", total=sum(len(opened.entries) for opened in sets))
        photos.pack(sets, command.out, config, lambda done: progress.advance(task, done))
    print(f"{_summary(photos.open_shards(command.out))} -> {command.out}")
    return DONE


def prepare(command: PrepareRecordings) -> int:
    """Fit a head model to registrations and cut the faces out of their pictures."""
    if command.kind == "famos" and command.photos is None:
        raise UsageError("famos keeps pictures apart from meshes", "name their folder: --photos DIR")
    check_out(command.out)
    from manyfaces.data import photos
    from manyfaces.heads import FitConfig, HeadModel
    from manyfaces.io.head_files import load_head
    from manyfaces.pipeline.models import load_detector, load_mesh

    if command.photos is None:
        frames = photos.coma_frames(command.meshes)
    else:
        frames = photos.famos_frames(command.meshes, command.photos, command.frames)
    head = HeadModel(load_head(command.head)).to(resolve_device(command.device))
    config = photos.PrepareConfig(FitConfig(command.n_identity, command.n_expression))
    with progress_bar("fitting") as progress:
        task = progress.add_task("", total=len(frames))
        distances = photos.fit_frames(frames, head, command.out, config, lambda done: progress.advance(task, done))
    if distances:
        mean = sum(distances) / len(distances)
        print(f"{len(distances)} frames fitted, {mean:.2f} mm RMS on average, {max(distances):.2f} mm at most")
    with progress_bar("cutting faces") as progress:
        task = progress.add_task("", total=len(frames))
        lost = photos.cut_photos(frames, load_detector(), load_mesh(), command.out, lambda n: progress.advance(task, n))
    if lost:
        print(f"{len(lost)} pictures show no face that was found and are left out, such as {lost[0]}", file=sys.stderr)
    if not any(frame.photos for frame in frames):
        print("no pictures were found: parameters alone were written", file=sys.stderr)
        return DONE
    print(f"{_summary(photos.open_set(command.out))} -> {command.out}")
    return DONE


def _summary(opened) -> str:
    entries = opened.entries
    people, items = len({entry.subject for entry in entries}), len(Counter(entry.item for entry in entries))
    known = "identity, expression, jaw" if opened.has_expression else "identity"
    of = f" of {opened.head}" if opened.head else ""
    return f"{opened.name}: {len(entries)} photos, {items} items, {people} people; known: {known}{of}"


def _say_skipped(opened) -> bool:
    """List what was left out; says whether anything was."""
    skipped = getattr(opened, "skipped", ())
    if skipped:
        print(f"{opened.name}: {len(skipped)} photos left out, files missing: {', '.join(skipped)}", file=sys.stderr)
    return bool(skipped)


def _named(sources: tuple) -> None:
    if not sources:
        raise UsageError("no set was named", "name folders of photos or of shards")


@contextmanager
def _warnings_in_words() -> Iterator[None]:
    """Print warnings as lines of their own, without the place in the code."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        print(f"warning: {warning.message}", file=sys.stderr)


def progress_bar(what: str) -> Progress:
    """A bar with the time that is left, on stderr; none where nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
