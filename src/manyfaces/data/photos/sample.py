"""One photo with its truth, and what a set of them is."""

import io
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from manyfaces.core.errors import DataError
from manyfaces.detect.alignment import PORTRAIT_PX
from manyfaces.io.image import read_image


@dataclass(frozen=True)
class Truth:
    """What a head model says of a face.

    Attributes:
        identity: (S,) standard deviations.
        expression: (E,); zeros where a set knows none.
        jaw: (3,) axis-angle, radians; likewise.
    """

    identity: Float32[np.ndarray, " S"]
    expression: Float32[np.ndarray, " E"]
    jaw: Float32[np.ndarray, "3"]


@dataclass(frozen=True)
class Entry:
    """A line of a set's list.

    Attributes:
        name: of the photo, unique in its set.
        item: photos of one item are drawn together and share their truth: an actor, or one moment of a recording.
        subject: the person; training and validation never share one.
    """

    name: str
    item: str
    subject: str


@dataclass(frozen=True)
class Sample:
    """One photo with its truth.

    Attributes:
        entry: its line in the list.
        portrait_file: the 224 pixel portrait, as a JPEG or PNG file's content.
        aligned: the 112 pixel crop for face recognition, RGB.
        truth: the coefficients.
    """

    entry: Entry
    portrait_file: bytes
    aligned: UInt8[np.ndarray, "112 112 3"]
    truth: Truth

    @property
    def portrait(self) -> UInt8[np.ndarray, "224 224 3"]:
        """The portrait, RGB.

        Raises:
            ImageError: the file is damaged.
            DataError: it has another size.
        """
        rgb = read_image(Image.open(io.BytesIO(self.portrait_file)))
        if rgb.shape[:2] != (PORTRAIT_PX, PORTRAIT_PX):
            size = f"{rgb.shape[1]}x{rgb.shape[0]}"
            raise DataError(f"the portrait of {self.entry.name} has {size} px, not {PORTRAIT_PX}x{PORTRAIT_PX}")
        return rgb


@runtime_checkable
class SampleSet(Protocol):
    """Photos that can be read in any order: a folder of files, or shards.

    Attributes:
        name: of the set.
        entries: its list.
        has_expression: expressions and jaws are known, not only identities.
        head: the head model whose coefficients the truths are; None where nothing says it.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def entries(self) -> tuple[Entry, ...]: ...  # noqa: D102

    @property
    def has_expression(self) -> bool: ...  # noqa: D102

    @property
    def head(self) -> str | None: ...  # noqa: D102

    def read(self, row: int) -> Sample:
        """The sample of a line; the same each time, from any thread.

        Raises:
            InputError: one of its files is missing or damaged.
        """
        ...
