"""Which photos are meant, and which folder the results of each one go to."""

import glob
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from manyfaces.assets.cache import sha256_of
from manyfaces.core.errors import InputError
from manyfaces.io.picture_names import PICTURE_SUFFIXES


@dataclass(frozen=True)
class PhotoJob:
    """One photo to do.

    Attributes:
        photo: the file.
        folder: for its results.
    """

    photo: Path
    folder: Path


@dataclass(frozen=True)
class FoundPhotos:
    """What the names on the command line lead to.

    Attributes:
        photos: each once, in the order named.
        dead_ends: what is wrong with each name that leads to nothing.
    """

    photos: list[Path]
    dead_ends: list[InputError]


def find_photos(named: Sequence[str]) -> FoundPhotos:
    """Turn files, folders and patterns into files.

    A file that was named itself is kept whatever it is, so that a wrong one is reported; folders and patterns give the
    files that look like pictures. A name that leads to nothing does not stop the others.
    """
    found: dict[Path, None] = {}
    dead_ends = []
    for name in named:
        try:
            found.update(dict.fromkeys(_meant_by(name)))
        except InputError as error:
            dead_ends.append(error)
    return FoundPhotos(list(found), dead_ends)


def _meant_by(name: str) -> list[Path]:
    if not name:
        raise InputError("a photo's name is empty", "name a picture, a folder or a pattern")
    path = Path(name).expanduser()
    if path.is_dir():
        inside = _folder_pictures(path)
        if not inside:
            raise InputError(f"the folder {name} holds no pictures", f"known: {' '.join(PICTURE_SUFFIXES)}")
        return inside
    if path.exists() or not glob.has_magic(name):
        return [path]
    inside = _pictures(Path(match) for match in glob.glob(str(path), recursive=True))
    if not inside:
        raise InputError(f"no picture fits the pattern {name}", "check the folder and the ending")
    return inside


def _folder_pictures(folder: Path) -> list[Path]:
    try:
        return _pictures(folder.iterdir())
    except OSError as error:
        raise InputError(f"cannot look into {folder}: {error.strerror}", "check its permissions") from error


def plan(photos: Sequence[Path], out: Path) -> list[PhotoJob]:
    """Give each photo a folder below `out`: its stem, and more of its path where stems collide.

    The name depends on which photos there are, not on their order, and upper and lower case count as equal, for some
    disks see no difference.
    """
    named = {photo: photo.stem for photo in photos}
    for longer in (_with_suffix, _with_parent, _with_digest):
        owners: dict[str, list[Path]] = defaultdict(list)
        for photo, name in named.items():
            owners[name.casefold()].append(photo)
        named.update({photo: longer(photo) for group in owners.values() if len(group) > 1 for photo in group})
    return [PhotoJob(photo, out / named[photo]) for photo in photos]


def file_digest(path: Path) -> str:
    """Sha256 of a file, hex; empty when it cannot be read (reading it properly will say why)."""
    try:
        return sha256_of(path)
    except OSError:
        return ""


def _pictures(paths: Iterable[Path]) -> list[Path]:
    return sorted(
        p for p in paths if p.suffix.lower() in PICTURE_SUFFIXES and not p.name.startswith(".") and p.is_file()
    )


def _with_suffix(photo: Path) -> str:
    return photo.name.replace(".", "_")


def _with_parent(photo: Path) -> str:
    return f"{photo.absolute().parent.name}_{_with_suffix(photo)}"


def _with_digest(photo: Path) -> str:
    place = hashlib.sha256(str(photo.absolute()).encode()).hexdigest()[:8]
    return f"{_with_parent(photo)}_{place}"
