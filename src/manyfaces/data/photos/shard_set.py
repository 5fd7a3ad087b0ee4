"""Read packed shards in any order; streaming them from front to back is WebDataset's work."""

import io
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from manyfaces.core.errors import DataError
from manyfaces.data.photos.sample import Entry, Sample, Truth
from manyfaces.data.photos.shards import FORMAT, INDEX, sha256_of

_AGAIN = "pack the sets again, or copy the folder again"


@dataclass(frozen=True)
class _Place:
    """Where a photo's files lie: (offset, size) in a shard."""

    shard: str
    portrait: tuple[int, int]
    aligned: tuple[int, int]
    truth: tuple[int, int]


@dataclass(frozen=True)
class ShardSet:
    """A folder of shards; a `SampleSet` that gives exactly what the packed sets gave.

    Attributes:
        folder: holds the shards and `shards.json`.
        entries: all photos, in the order of the shards.
        has_expression: every packed set knew expressions.
        head: the head model that the packed sets said they are of, if any did.
    """

    folder: Path
    entries: tuple[Entry, ...]
    has_expression: bool
    places: tuple[_Place, ...]
    checksums: dict[str, str]
    head: str | None = None

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.name

    @cached_property
    def shards(self) -> tuple[Path, ...]:
        """The tar files, for a reader that streams them."""
        return tuple(self.folder / name for name in self.checksums)

    def read(self, row: int) -> Sample:
        """Read one photo with its truth.

        Raises:
            DataError: its shard is missing or damaged.
        """
        place = self.places[row]
        path = self.folder / place.shard
        try:
            with path.open("rb") as file:
                portrait, aligned, truth = (_part(file, *at) for at in (place.portrait, place.aligned, place.truth))
            with np.load(io.BytesIO(truth), allow_pickle=False) as arrays:
                known = Truth(arrays["identity"], arrays["expression"], arrays["jaw"])
            crop = np.array(Image.open(io.BytesIO(aligned)))
        except OSError as error:
            if isinstance(error, UnidentifiedImageError) or error.strerror is None:
                raise DataError(f"{path} is damaged at {self.entries[row].name}", _AGAIN) from None
            raise DataError(f"cannot read {path}: {error.strerror}", _AGAIN) from None
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise DataError(f"{path} is damaged at {self.entries[row].name}", _AGAIN) from None
        return Sample(self.entries[row], portrait, crop, known)

    def verify(self) -> None:
        """Compare every shard with its checksum.

        Raises:
            DataError: one is missing or differs.
        """
        for name, wanted in self.checksums.items():
            path = self.folder / name
            if not path.is_file():
                raise DataError(f"{path} is missing", _AGAIN)
            if sha256_of(path) != wanted:
                raise DataError(f"{path} is not as it was written: its checksum differs", _AGAIN)


def open_shards(folder: Path) -> ShardSet:
    """Open a folder of shards.

    Raises:
        DataError: it holds no index, a damaged one, or lacks a shard.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_text())
        if index["format"] != FORMAT:
            raise DataError(f"{path} is of format {index['format']}, this version reads {FORMAT}")
        photos = [(shard["file"], photo) for shard in index["shards"] for photo in shard["photos"]]
        entries = tuple(Entry(photo["name"], photo["item"], photo["subject"]) for _, photo in photos)
        places = tuple(_place(shard, photo) for shard, photo in photos)
        checksums = {shard["file"]: shard["sha256"] for shard in index["shards"]}
        known = all(packed["has_expression"] for packed in index["sets"])
        head = index.get("head")
    except OSError as error:
        fix = "packing was not finished: run it again" if any(folder.glob("*.tar")) else "name a folder of shards"
        raise DataError(f"cannot read {path}: {error.strerror}", fix) from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {error}", _AGAIN) from None
    missing = [name for name in checksums if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder / missing[0]} is missing ({len(missing)} of {len(checksums)} shards are)", _AGAIN)
    return ShardSet(folder, entries, known, places, checksums, head)


def _place(shard: str, photo: dict[str, Any]) -> _Place:
    return _Place(shard, *(tuple(photo[part]) for part in ("portrait", "aligned", "truth")))


def _part(file: Any, offset: int, size: int) -> bytes:
    file.seek(offset)
    content = file.read(size)
    if len(content) != size:
        raise EOFError
    return content
