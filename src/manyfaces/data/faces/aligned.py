"""Faces in R-Net's frame as they are trained on: a folder of shards, read in any order, and batches drawn from it."""

import io
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from PIL import Image
from torch import Tensor

from manyfaces.core.errors import DataError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.face_batches import Faces
from manyfaces.data.faces.sample import FaceEntry
from manyfaces.data.sources import ALL_ROWS
from manyfaces.data.tar_shards import ALIGNED_FACES, INDEX, TarShards, open_tar_shards
from manyfaces.detect.rnet_alignment import RNET_PX, points_at

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
class AlignedSource:
    """Endless batches of faces; the same for the same arguments on any machine.

    Attributes:
        faces: what to draw from.
        rows: what may be drawn of them.
    """

    faces: AlignedFaceSet
    rows: tuple[int, ...]

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> Faces:
        """Draw `size` faces with replacement, and read those of them that are named by `rows`.

        Raises:
            DataError: a shard is damaged, or has gone since the set was opened.
        """
        number = np.arange(size)[_as_numpy(rows)]
        drawn = numpy_generator(seed, "aligned faces", step).choice(self.rows, size)[number]
        with ThreadPoolExecutor(_READERS) as readers:
            read = list(readers.map(lambda row: self.faces.read(int(row)), drawn))
        images, landmarks = (np.stack(part) for part in zip(*((f.rgb, f.landmarks_px) for f in read), strict=True))
        pictures = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
        landmarks_px = points_at(torch.from_numpy(landmarks), RNET_PX, self.faces.size_px)
        return Faces(pictures, landmarks_px, torch.from_numpy(number))


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
