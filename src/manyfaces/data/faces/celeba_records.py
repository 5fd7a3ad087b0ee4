"""CelebA as TensorFlow Datasets keeps it, read without TensorFlow.

```
celeb_a/2.1.0/celeb_a-train.tfrecord-00000-of-00016      records of images, points and attributes; by part of the set
celeb_a/2.1.0/dataset_info.json                          how many records each file holds; may be missing
```
"""

import io
import json
import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from manyfaces.core.errors import DataError
from manyfaces.data.faces.celeba import HIDING, POINT_NAMES
from manyfaces.data.faces.sample import SPLITS, FaceEntry, FacePhoto, Split
from manyfaces.io.image import read_image
from manyfaces.io.tf_examples import Feature, parse_example
from manyfaces.io.tf_records import TfRecordFile, open_tf_records

_FILE = re.compile(r"celeb_a-(train|validation|test)\.tfrecord-(\d{5})-of-(\d{5})")
_FILES = "celeb_a-*.tfrecord-*"
_AGAIN = "prepare celeb_a again with TensorFlow Datasets, or copy the folder again"


@dataclass(frozen=True, eq=False)
class CelebARecords:
    """CelebA in records; a `FaceSet`.

    Photos have no names there: they are called by part, file and place in it, `validation-00002-000123`.

    Attributes:
        folder: holds the record files.
        files: the record files, those of a part side by side.
        splits: the part that each file belongs to.
    """

    folder: Path
    files: tuple[TfRecordFile, ...]
    splits: tuple[Split, ...]
    entries: tuple[FaceEntry, ...]

    @property
    def name(self) -> str:
        """Data set and version."""
        return f"celeb_a {self.folder.name}"

    def read(self, row: int) -> FacePhoto:
        """Read one photo.

        Raises:
            DataError: its record is damaged, or lacks something.
            ImageError: the picture is damaged.
        """
        ends = list(accumulate(len(file) for file in self.files))
        at = int(np.searchsorted(ends, row, side="right"))
        file, place = self.files[at], row - (ends[at - 1] if at else 0)
        where = f"{file.path}, record {place} (from 0)"
        features = parse_example(file.read(place), where)
        five = np.array([_number(features, f"landmarks/{name}", where) for name in POINT_NAMES], np.float32)
        hiding = any(_number(features, f"attributes/{name}", where) > 0 for name in HIDING)
        entry = self.entries[row]
        return FacePhoto(entry.name, _picture(features, where), five.reshape(5, 2), entry.split, hiding)


def records_folder(folder: Path) -> Path | None:
    """The folder of the record files: this one, one of a version in it, or in its `celeb_a`; the newest version.

    Returns:
        None where there is none.
    """
    places = (folder, *sorted(folder.glob("*"), key=_version), *sorted(folder.glob("celeb_a/*"), key=_version))
    return next((place for place in reversed(places) if place.is_dir() and any(place.glob(_FILES))), None)


def open_celeba_records(folder: Path) -> CelebARecords:
    """Open CelebA; contents are checked as they are read.

    Args:
        folder: of the record files, or one above.

    Raises:
        DataError: there are none, one is missing or cut off, or they hold fewer records than they should.
    """
    place = records_folder(folder)
    if place is None:
        raise DataError(f"{folder} holds no {_FILES}", "name the folder celeb_a/<version>")
    paths = sorted(path for path in place.glob(_FILES) if _FILE.fullmatch(path.name))
    found: dict[Split, list[TfRecordFile]] = {}
    for split in SPLITS:
        own = [path for path in paths if path.name.startswith(f"celeb_a-{split}.")]
        _check_whole(place, own)
        if own:
            found[split] = [open_tf_records(path) for path in own]
    if not found:
        raise DataError(f"{place} holds no files of the parts {', '.join(SPLITS)}", _AGAIN)
    _check_lengths(place / "dataset_info.json", found)
    entries = tuple(
        FaceEntry(f"{split}-{number:05d}-{row:06d}", split)
        for split, files in found.items()
        for number, file in enumerate(files)
        for row in range(len(file))
    )
    files = tuple(file for own in found.values() for file in own)
    return CelebARecords(place, files, tuple(split for split, own in found.items() for _ in own), entries)


def _check_whole(folder: Path, paths: list[Path]) -> None:
    """See to it that a part has all its files."""
    for path in paths[:1]:
        split, _, count = _FILE.fullmatch(path.name).groups()  # type: ignore[union-attr]
        wanted = [folder / f"celeb_a-{split}.tfrecord-{number:05d}-of-{count}" for number in range(int(count))]
        missing = [path for path in wanted if path not in paths]
        if missing:
            raise DataError(f"{missing[0]} is missing ({len(missing)} of {count} files of {split} are)", _AGAIN)


def _check_lengths(path: Path, found: dict[Split, list[TfRecordFile]]) -> None:
    """Compare numbers of records with what the data set says of itself."""
    if not path.is_file():
        return
    try:
        parts = {
            part["name"]: [int(n) for n in part["shardLengths"]] for part in json.loads(path.read_text())["splits"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {type(error).__name__} {error}", _AGAIN) from None
    for split, files in found.items():
        for file, wanted in zip(files, parts.get(split, []), strict=False):
            if len(file) != wanted:
                raise DataError(f"{file.path} holds {len(file)} records, {path.name} says {wanted}", _AGAIN)


def _number(features: dict[str, Feature], name: str, where: str) -> int:
    values = features.get(name, ())
    if len(values) != 1 or not isinstance(values[0], int):
        raise DataError(f"{where}: {name} is no whole number, or missing", "is it celeb_a of TensorFlow Datasets?")
    return values[0]


def _picture(features: dict[str, Feature], where: str) -> Any:
    values = features.get("image", ())
    if len(values) != 1 or not isinstance(values[0], bytes):
        raise DataError(f"{where}: the image is missing", "is it celeb_a of TensorFlow Datasets?")
    try:
        return read_image(Image.open(io.BytesIO(values[0])))
    except UnidentifiedImageError:
        raise DataError(f"{where}: the image is no picture in a known format", _AGAIN) from None


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", path.name))
