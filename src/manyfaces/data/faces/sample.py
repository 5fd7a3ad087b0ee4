"""One photo of a face, and what a set of them is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from manyfaces.core.errors import ChoiceError, DataError
from manyfaces.detect.rnet_alignment import rnet_five

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

TRAINED_ON: tuple[Split, ...] = ("train", "test")
"""What the Occlusion Resistant Network learns from, of CelebA (Tiwari et al. 2022, section 4)."""
MEASURED_ON: tuple[Split, ...] = ("validation",)
"""What it is measured on."""


@dataclass(frozen=True)
class FaceEntry:
    """A line of a set's list: what is known before a photo is read.

    Attributes:
        name: of the photo, unique in its set.
        split: the part of the set that it belongs to; None where the set has none.
    """

    name: str
    split: Split | None = None


@dataclass(frozen=True, eq=False)
class FacePhoto:
    """A photo with one face that is meant.

    Attributes:
        name: unique in its set.
        rgb: the photo.
        points_px: where the face is, pixels, 0-based: five points (eyes, nose tip, mouth corners, left in the picture
            first) or the 68 of 300-W's order; None where the set does not say.
        split: see `FaceEntry`.
        occluded: whether the set says that the person wears what may hide the face; None where it says nothing.
    """

    name: str
    rgb: UInt8[np.ndarray, "H W 3"]
    points_px: Float[np.ndarray, "P 2"] | None = None
    split: Split | None = None
    occluded: bool | None = None

    @property
    def five_px(self) -> Float[np.ndarray, "5 2"] | None:
        """The five points, as `rnet_crop` takes them."""
        return self.points_px if self.points_px is None or len(self.points_px) == 5 else rnet_five(self.points_px)


@runtime_checkable
class FaceSet(Protocol):
    """Photos of faces that can be read in any order, from any thread.

    Attributes:
        name: of the set.
        entries: its list.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def entries(self) -> tuple[FaceEntry, ...]: ...  # noqa: D102

    def read(self, row: int) -> FacePhoto:
        """The photo of a line.

        Raises:
            InputError: it is missing or damaged.
        """
        ...


@dataclass(frozen=True, eq=False)
class ChosenFaces:
    """Some photos of a set; a `FaceSet`.

    Attributes:
        faces: the set.
        rows: which of its photos.
    """

    faces: FaceSet
    rows: tuple[int, ...]

    @property
    def name(self) -> str:
        """The set's."""
        return self.faces.name

    @property
    def entries(self) -> tuple[FaceEntry, ...]:
        """Those that were chosen."""
        return tuple(self.faces.entries[row] for row in self.rows)

    def read(self, row: int) -> FacePhoto:
        """The photo of a line."""
        return self.faces.read(self.rows[row])


def photos(faces: FaceSet) -> Iterator[FacePhoto]:
    """All photos of a set, one in memory at a time."""
    return (faces.read(row) for row in range(len(faces.entries)))


def choose(faces: FaceSet, splits: Sequence[str] = (), list_file: Path | None = None) -> FaceSet:
    """Take a part of a set.

    Args:
        faces: the set.
        splits: parts that are wanted; all, and photos of no part, when empty.
        list_file: text file with a name on each line, which may have an ending; lines that begin with # say nothing.

    Raises:
        ChoiceError: there is no such part.
        DataError: the list cannot be read, names a photo that is not in the set, or nothing is left.
    """
    for split in splits:
        if split not in SPLITS:
            raise ChoiceError("part of a data set", split, SPLITS)
    rows = [row for row, entry in enumerate(faces.entries) if not splits or entry.split in splits]
    if list_file is not None:
        wanted = _listed(faces, list_file)
        rows = [row for row in rows if row in wanted]
    if not rows:
        raise DataError(f"{faces.name} holds no photo that is asked for", "check the parts and the list")
    return ChosenFaces(faces, tuple(rows))


def _listed(faces: FaceSet, list_file: Path) -> set[int]:
    """Rows of the photos that a list names."""
    try:
        lines = [line.strip() for line in list_file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the list {list_file}: {error}") from None
    names = [line for line in lines if line and not line.startswith("#")]
    rows = {entry.name: row for row, entry in enumerate(faces.entries)}
    rows = {**{name.rpartition(".")[0] or name: row for name, row in rows.items()}, **rows}
    found = {name: rows.get(name, rows.get(name.rpartition(".")[0])) for name in names}
    unknown = [name for name, row in found.items() if row is None]
    if unknown:
        raise DataError(f"{list_file} names {unknown[0]} ({len(unknown)} of {len(names)} are not in {faces.name})")
    return {row for row in found.values() if row is not None}
