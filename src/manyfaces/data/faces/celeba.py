"""CelebA (Liu et al., "Deep Learning Face Attributes in the Wild", 2015) as its makers give it, in pictures and lists.

```
img_align_celeba/000001.jpg       178 x 218 pixels          with list_landmarks_align_celeba.txt
img_celeba/000001.jpg             photos as they were       with list_landmarks_celeba.txt
list_eval_partition.txt           000001.jpg 0              0 train, 1 validation, 2 test
list_attr_celeba.txt              40 attributes, 1 or -1    may be missing
```

Lists lie beside the folder of pictures, or in `Anno` and `Eval`, pictures there or in `Img`, as in the download. Points
are taken as they are written: whole pixels, and nobody says from which they count.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32

from manyfaces.core.errors import DataError
from manyfaces.data.faces.sample import SPLITS, FaceEntry, FacePhoto
from manyfaces.io.image import read_image

Missing = Literal["error", "skip"]

PARTITION, ATTRIBUTES = "list_eval_partition.txt", "list_attr_celeba.txt"
PICTURES = {"img_align_celeba": "list_landmarks_align_celeba.txt", "img_celeba": "list_landmarks_celeba.txt"}
"""Folders of pictures, the first that is there counts, and the list of the points in them."""

POINT_NAMES = tuple(
    f"{point}_{axis}" for point in ("lefteye", "righteye", "nose", "leftmouth", "rightmouth") for axis in "xy"
)
"""Columns of the points; left and right are the picture's."""
HIDING = ("Eyeglasses", "Wearing_Hat")
"""Attributes of people who wear what may hide a part of the face: candidates, no more."""

_FOLDERS = ("", "Anno", "Eval", "Img")
_AGAIN = "get the file anew"


@dataclass(frozen=True, eq=False)
class CelebA:
    """CelebA in pictures and lists; a `FaceSet`.

    Attributes:
        folder: of the pictures.
        entries: the photos.
        five_px: the points of each.
        occluded: whether each person wears what may hide the face; None without the list of attributes.
        skipped: names of photos that are listed and not there.
    """

    folder: Path
    entries: tuple[FaceEntry, ...]
    five_px: Float32[np.ndarray, "N 5 2"]
    occluded: tuple[bool, ...] | None
    skipped: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.name

    def read(self, row: int) -> FacePhoto:
        """Read one photo.

        Raises:
            ImageError: it is damaged.
        """
        entry, rgb = self.entries[row], read_image(self.folder / self.entries[row].name)
        occluded = None if self.occluded is None else self.occluded[row]
        return FacePhoto(entry.name, rgb, self.five_px[row], entry.split, occluded)


def is_celeba(folder: Path) -> bool:
    """Say whether a folder looks like the download of CelebA."""
    return _find(folder, PARTITION) is not None or any(_find(folder, name) is not None for name in PICTURES)


def open_celeba(folder: Path, missing: Missing = "error") -> CelebA:
    """Open CelebA; all its photos are there when this returns.

    Args:
        folder: holds the folder of the pictures, and the lists.
        missing: "error" refuses a set whose lists name photos that are not there; "skip" leaves these out.

    Raises:
        DataError: a list is missing, damaged or does not fit the others, or photos are missing.
    """
    pictures = next((found for name in PICTURES if (found := _find(folder, name)) is not None), None)
    if pictures is None:
        raise DataError(f"{folder} holds no {' or '.join(PICTURES)}", "name the folder that CelebA was unpacked in")
    parts = read_partition(_needed(folder, PARTITION))
    points = read_table(_needed(folder, PICTURES[pictures.name]), POINT_NAMES)
    attributes_file = _find(folder, ATTRIBUTES)
    attributes = None if attributes_file is None else read_table(attributes_file, HIDING)
    for table, name in ((points, PICTURES[pictures.name]), (attributes, ATTRIBUTES)):
        lacking = [] if table is None else [photo for photo in parts if photo not in table]
        if lacking:
            raise DataError(f"{name} lacks {lacking[0]} ({len(lacking)} of {len(parts)} of {PARTITION})", _AGAIN)
    there = {path.name for path in pictures.iterdir()}
    kept = [photo for photo in parts if photo in there]
    skipped = tuple(photo for photo in parts if photo not in there)
    if skipped and (missing == "error" or not kept):
        fix = "unpack all of them, or leave these out (--missing skip)" if kept else "unpack the pictures there"
        raise DataError(f"{pictures} lacks {skipped[0]} ({len(skipped)} of {len(parts)} photos that are listed)", fix)
    return CelebA(
        pictures,
        tuple(FaceEntry(photo, SPLITS[parts[photo]]) for photo in kept),
        np.array([points[photo] for photo in kept], np.float32).reshape(-1, 5, 2),
        None if attributes is None else tuple(max(attributes[photo]) > 0 for photo in kept),
        skipped,
    )


def read_partition(path: Path) -> dict[str, int]:
    """Read which part each photo belongs to: 0, 1 or 2, see `SPLITS`.

    Raises:
        DataError: the list is missing or damaged, or names a photo twice.
    """
    parts: dict[str, int] = {}
    for number, line in enumerate(_lines(path), 1):
        fields = line.split()
        if len(fields) != 2 or fields[1] not in ("0", "1", "2") or fields[0] in parts:
            raise DataError(f"{path}, line {number}: {line[:60]!r}", "needed: a photo, once, and 0, 1 or 2")
        parts[fields[0]] = int(fields[1])
    if not parts:
        raise DataError(f"{path} is empty", _AGAIN)
    return parts


def read_table(path: Path, columns: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Read some columns of a list: its length, then the names of the columns, then a photo on each line.

    Raises:
        DataError: the list is missing or damaged, lacks a column, or is shorter or longer than it says.
    """
    lines = _lines(path)
    header = lines[1].split() if len(lines) > 1 else []
    lacking = [name for name in columns if name not in header]
    if not lines or not lines[0].strip().isdigit() or lacking:
        wrong = f"its header lacks {', '.join(lacking)}" if lacking else "it does not begin with its length"
        raise DataError(f"{path} is no list of CelebA's: {wrong}", _AGAIN)
    places = [header.index(name) + 1 for name in columns]
    table: dict[str, tuple[int, ...]] = {}
    for number, line in enumerate(lines[2:], 3):
        fields = line.split()
        try:
            if len(fields) != len(header) + 1:
                raise ValueError
            table[fields[0]] = tuple(int(fields[place]) for place in places)
        except ValueError:
            raise DataError(f"{path}, line {number}: {line[:60]!r}", f"needed: {len(header)} numbers") from None
    if len(table) != int(lines[0]):
        raise DataError(f"{path} says that it lists {lines[0].strip()} photos, and lists {len(table)}", _AGAIN)
    return table


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").rstrip().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}", _AGAIN) from None


def _find(folder: Path, name: str) -> Path | None:
    return next((path for part in _FOLDERS if (path := folder / part / name).exists()), None)


def _needed(folder: Path, name: str) -> Path:
    path = _find(folder, name)
    if path is None:
        raise DataError(f"{folder} holds no {name}, nor do its folders Anno and Eval", "get it from CelebA's makers")
    return path
