"""Batches of clear faces in R-Net's frame: what teachers and students learn from, drawn or photographed."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.data.sources import ALL_ROWS


@dataclass(frozen=True)
class Faces:
    """Faces with nothing before them, in R-Net's frame.

    Attributes:
        pictures: RGB.
        landmarks_px: pixels of the 224 frame, whatever the pictures' size.
        coefficients: what they show; None for photos.
        number: of each example in its batch.
        person: whom it shows; None where that is not known.
    """

    pictures: UInt8[Tensor, "B 3 S S"]
    landmarks_px: Float[Tensor, "B 68 2"]
    number: Int[Tensor, " B"]
    coefficients: Float[Tensor, "B K"] | None = None
    person: Int[Tensor, " B"] | None = None


@runtime_checkable
class FaceSource(Protocol):
    """Endless faces."""

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> Faces:
        """Make the faces of a batch; the same for the same arguments.

        Args:
            seed: of the run and the split.
            step: number of the batch.
            size: faces in the whole batch.
            rows: which of them to make; a face does not depend on which others are made.
        """
        ...


@runtime_checkable
class PeopleSource(FaceSource, Protocol):
    """Endless faces whose coefficients are known."""

    def truth(self, seed: int, size: int) -> Float[Tensor, "B K"]:
        """What the first batch of a seed shows, without its pictures."""
        ...
