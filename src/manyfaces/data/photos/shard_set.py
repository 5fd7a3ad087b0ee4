"""Read packed shards in any order; streaming them from front to back is WebDataset's work."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from manyfaces.core.errors import DataError
from manyfaces.data.photos.sample import Entry, Sample, Truth
from manyfaces.data.tar_shards import INDEX, PHOTOS, TarShards, open_tar_shards

_PARTS = ("portrait", "aligned", "truth")


@dataclass(frozen=True)
class ShardSet:
    """A folder of shards; a `SampleSet` that gives exactly what the packed sets gave.

    Attributes:
        tar: the shards.
        entries: all photos, in the order of the shards.
        has_expression: every packed set knew expressions.
        head: the head model that the packed sets said they are of, if any did.
    """

    tar: TarShards
    entries: tuple[Entry, ...]
    has_expression: bool
    head: str | None = None

    @property
    def name(self) -> str:
        """The folder's."""
        return self.tar.folder.name

    @property
    def shards(self) -> tuple[Path, ...]:
        """The tar files, for a reader that streams them."""
        return self.tar.paths

    def read(self, row: int) -> Sample:
        """Read one photo with its truth.

        Raises:
            DataError: its shard is missing or damaged.
        """
        portrait, aligned, truth = self.tar.parts(row, *_PARTS)
        try:
            with np.load(io.BytesIO(truth), allow_pickle=False) as arrays:
                known = Truth(arrays["identity"], arrays["expression"], arrays["jaw"])
            crop = np.array(Image.open(io.BytesIO(aligned)))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise self.tar.damaged(row) from None
        return Sample(self.entries[row], portrait, crop, known)

    def verify(self) -> None:
        """Compare every shard with its checksum.

        Raises:
            DataError: one is missing or differs.
        """
        self.tar.verify()


def open_shards(folder: Path) -> ShardSet:
    """Open a folder of shards.

    Raises:
        DataError: it holds no index, a damaged one, or lacks a shard.
    """
    tar = open_tar_shards(folder, PHOTOS, _PARTS)
    try:
        entries = tuple(Entry(photo["name"], photo["item"], photo["subject"]) for photo in tar.photos)
        known = all(packed["has_expression"] for packed in tar.plan["sets"])
    except (KeyError, TypeError) as error:
        raise DataError(f"{folder / INDEX} is damaged: {error}", "pack the sets again") from None
    return ShardSet(tar, entries, known, tar.plan.get("head"))
