"""Faces in R-Net's frame as they are trained on: a folder of shards, read in any order, and batches drawn from it."""

import io
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from PIL import Image
from torch import Tensor

from manyfaces.core.errors import DataError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.faces.sample import FaceEntry
from manyfaces.data.sources import ALL_ROWS
from manyfaces.data.tar_shards import ALIGNED_FACES, INDEX, TarShards, open_tar_shards
from manyfaces.occlusion.skin import skin_attention

_PARTS = ("crop", "geometry")
_READERS = 8  # threads; decoding and reading release Python's lock


@dataclass(frozen=True, eq=False)
class KeptFace:
    """One face of a folder of shards.

    Attributes:
        entry: its line.
        rgb: the crop in R-Net's frame.
        landmarks_px: the 68 points in it.
        crop_from_photo: affine map of pixels.
        occluded: see `FacePhoto`.
    """

    entry: FaceEntry
    rgb: UInt8[np.ndarray, "S S 3"]
    landmarks_px: Float32[np.ndarray, "68 2"]
    crop_from_photo: Float[np.ndarray, "2 3"]
    occluded: bool | None


@dataclass(frozen=True, eq=False)
class AlignedFaceSet:
    """A folder of shards that `align_faces` wrote.

    Attributes:
        tar: the shards.
        entries: its faces.
        size_px: side of the crops.
    """

    tar: TarShards
    entries: tuple[FaceEntry, ...]
    size_px: int

    @property
    def name(self) -> str:
        """That of the set that the faces are from."""
        return str(self.tar.plan.get("set", self.tar.folder.name))

    def read(self, row: int) -> KeptFace:
        """Read one face; from any thread.

        Raises:
            DataError: its shard is missing or damaged.
        """
        crop, geometry = self.tar.parts(row, *_PARTS)
        try:
            rgb = np.array(Image.open(io.BytesIO(crop)))
            with np.load(io.BytesIO(geometry), allow_pickle=False) as arrays:
                landmarks, matrix = arrays["landmarks_px"], arrays["crop_from_photo"]
            if rgb.shape != (self.size_px, self.size_px, 3) or landmarks.shape != (68, 2) or matrix.shape != (2, 3):
                raise ValueError
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise self.tar.damaged(row) from None
        return KeptFace(self.entries[row], rgb, landmarks, matrix, self.tar.photos[row].get("occluded"))

    def rows_of(self, splits: Sequence[str]) -> tuple[int, ...]:
        """Faces of some parts of the set."""
        return tuple(row for row, entry in enumerate(self.entries) if entry.split in splits)


@dataclass(frozen=True, eq=False)
class AlignedBatch:
    """Faces as the networks and losses take them.

    Attributes:
        images: crops in R-Net's frame, RGB.
        landmarks_px: the 68 points in them.
    """

    images: UInt8[Tensor, "B S S 3"]
    landmarks_px: Float[Tensor, "B 68 2"]

    @cached_property
    def pictures(self) -> Float[Tensor, "B 3 S S"]:
        """RGB in [0, 1]."""
        return self.images.movedim(-1, 1).float() / 255

    @cached_property
    def skin(self) -> Float[Tensor, "B S S"]:
        """How sure each pixel shows skin; see `skin_attention`. It is made of the pictures, and so is not stored."""
        return skin_attention(self.pictures)

    def to(self, device: torch.device | str) -> "AlignedBatch":
        """The same on another device."""
        return AlignedBatch(self.images.to(device), self.landmarks_px.to(device))


@dataclass(frozen=True, eq=False)
class AlignedSource:
    """Endless batches of faces; the same for the same arguments on any machine.

    Attributes:
        faces: what to draw from.
        rows: what may be drawn of them.
    """

    faces: AlignedFaceSet
    rows: tuple[int, ...]

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> AlignedBatch:
        """Draw `size` faces with replacement, and read those of them that are named by `rows`.

        Raises:
            DataError: a shard is damaged, or has gone since the set was opened.
        """
        drawn = numpy_generator(seed, "aligned faces", step).choice(self.rows, size)[np.arange(size)[_as_numpy(rows)]]
        with ThreadPoolExecutor(_READERS) as readers:
            read = list(readers.map(lambda row: self.faces.read(int(row)), drawn))
        images, landmarks = (np.stack(part) for part in zip(*((f.rgb, f.landmarks_px) for f in read), strict=True))
        return AlignedBatch(torch.from_numpy(images), torch.from_numpy(landmarks))


def open_aligned_faces(folder: Path) -> AlignedFaceSet:
    """Open a folder of shards that `align_faces` wrote.

    Raises:
        DataError: it holds no index, a damaged one, shards of something else, or lacks a shard.
    """
    tar = open_tar_shards(folder, ALIGNED_FACES, _PARTS)
    try:
        entries = tuple(FaceEntry(photo["name"], photo["split"]) for photo in tar.photos)
        return AlignedFaceSet(tar, entries, int(tar.plan["size_px"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder / INDEX} is damaged: {error}", "write the shards again") from None


def aligned_source(faces: AlignedFaceSet, splits: Sequence[str] = ()) -> AlignedSource:
    """Draw from some parts of a set; from all of it when none are named.

    Raises:
        DataError: nothing is left.
    """
    rows = faces.rows_of(splits) if splits else tuple(range(len(faces.entries)))
    if not rows:
        raise DataError(f"{faces.name} holds no faces of {', '.join(splits) or 'any part'}", "prepare more photos")
    return AlignedSource(faces, rows)


def _as_numpy(rows: slice | Tensor) -> slice | np.ndarray:
    return rows if isinstance(rows, slice) else rows.numpy()
