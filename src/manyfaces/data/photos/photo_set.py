"""A set of photos as files: its list, its crops, its parameters."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from manyfaces.core.errors import DataError
from manyfaces.data.photos.crop_files import Channels, looks_swapped, read_planes
from manyfaces.data.photos.sample import Entry, Sample
from manyfaces.data.photos.truth_files import has_expression, read_truth

Missing = Literal["error", "skip"]

_CHECKED_FOR_CHANNELS = 24


class PhotoFiles(NamedTuple):
    """Where a photo's files lie.

    Attributes:
        portrait: 224 pixel JPEG.
        aligned: 112 pixel planes, npy.
        truth: parameter file.
    """

    portrait: Path
    aligned: Path
    truth: Path


@dataclass(frozen=True)
class PhotoSet:
    """Photos in files; a `SampleSet`.

    Attributes:
        name: of the set.
        list_file: what named the files, for messages.
        entries: the photos.
        files: of each.
        has_expression: the parameter files know expressions.
        head: "flame20" or "flame23", where the folder of the parameters says so.
        channels: order of the planes in the npy files.
        n_identity: coefficients that are read; n_expression likewise.
        skipped: names of photos that were left out, for a file of theirs was missing.
    """

    name: str
    list_file: Path
    entries: tuple[Entry, ...]
    files: tuple[PhotoFiles, ...]
    has_expression: bool = False
    head: str | None = None
    channels: Channels = "rgb"
    n_identity: int = 300
    n_expression: int = 50
    skipped: tuple[str, ...] = ()

    def read(self, row: int) -> Sample:
        """Read one photo with its truth.

        Raises:
            InputError: one of its files is missing or damaged.
        """
        files = self.files[row]
        try:
            portrait = files.portrait.read_bytes()
        except OSError as error:
            raise DataError(f"cannot read {files.portrait}: {error.strerror}", f"{self.list_file} names it") from None
        truth = read_truth(files.truth, self.n_identity, self.n_expression)
        return Sample(self.entries[row], portrait, read_planes(files.aligned, self.channels), truth)


def checked(photos: PhotoSet, missing: Missing = "error") -> PhotoSet:
    """See to it that every file of a set is there, before anything is trained on it.

    Args:
        photos: the set.
        missing: "error" refuses the set; "skip" leaves out the photos concerned and lists them in `skipped`.

    Raises:
        DataError: a file is missing; or all are.
    """
    there = _existing(path for files in photos.files for path in files)
    whole = [row for row, files in enumerate(photos.files) if there.issuperset(files)]
    lost = [row for row, files in enumerate(photos.files) if not there.issuperset(files)]
    if lost and (missing == "error" or not whole):
        first = next(path for path in photos.files[lost[0]] if path not in there)
        more = f", and {len(lost) - 1} more photos of it point nowhere" if len(lost) > 1 else ""
        raise DataError(
            f"{first} is missing; {photos.list_file} names it for {photos.entries[lost[0]].name}{more}",
            f"put the files of {photos.name} there, or leave these photos out (--missing skip)"
            if whole
            else f"none of its {len(lost)} photos is there: check the folder",
        )
    kept = replace(
        photos,
        entries=tuple(photos.entries[row] for row in whole),
        files=tuple(photos.files[row] for row in whole),
        # The first file speaks for all.
        has_expression=has_expression(photos.files[whole[0]].truth),
        skipped=tuple(photos.entries[row].name for row in lost),
    )
    _warn_of_swapped(kept)
    return kept


def _existing(paths: Iterable[Path]) -> set[Path]:
    """Which files are there; folders are listed once, which is much faster than asking file by file."""
    by_folder: dict[Path, set[Path]] = {}
    for path in paths:
        by_folder.setdefault(path.parent, set()).add(path)
    found: set[Path] = set()
    for folder, wanted in by_folder.items():
        if folder.is_dir():
            found |= wanted & set(folder.iterdir())
    return found


def _warn_of_swapped(photos: PhotoSet) -> None:
    """Warn where planes are in the other order than the set was opened with: a face recogniser sees blue faces then."""
    rows = np.unique(np.linspace(0, len(photos.entries) - 1, _CHECKED_FOR_CHANNELS).astype(int))
    samples = [photos.read(int(row)) for row in rows]
    votes = [looks_swapped(sample.aligned, sample.portrait) for sample in samples]
    swapped, right = votes.count(True), votes.count(False)
    if swapped > right:
        other = "rgb" if photos.channels == "bgr" else "bgr"
        warnings.warn(
            f"{photos.name}: red and blue look exchanged in {swapped} of {len(votes)} aligned crops looked at; "
            f"open the set with channels {other!r} (--channels {other})",
            stacklevel=3,
        )
