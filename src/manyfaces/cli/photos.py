"""Which photos are meant, and which folder the results of each one go to."""

import glob
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from manyfaces.assets.cache import sha256_of
from manyfaces.core.errors import InputError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".jp2", ".avif")


@dataclass(frozen=True)
class PhotoJob:
    """One photo to do.

    Attributes:
        photo: the file.
        folder: for its results.
    """

    photo: Path
    folder: Path


def find_photos(named: Sequence[str]) -> list[Path]:
    """Turn files, folders and patterns into files, each once, in the order named.

    A file that was named itself is kept whatever it is, so that a wrong one is reported; folders and patterns give the
    files that look like pictures.

    Raises:
        InputError: a name leads to nothing.
    """
    found: dict[Path, None] = {}
    for name in named:
        path = Path(name).expanduser()
        if path.is_dir():
            inside = _pictures(path.iterdir())
            if not inside:
                raise InputError(f"the folder {name} holds no pictures", f"known: {' '.join(PICTURE_SUFFIXES)}")
        elif path.exists() or not glob.has_magic(name):
            inside = [path]
        else:
            inside = _pictures(Path(match) for match in glob.glob(str(path), recursive=True))
            if not inside:
                raise InputError(f"no picture fits the pattern {name}", "check the folder and the ending")
        found.update(dict.fromkeys(inside))
    return list(found)


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
