"""Batches of faces to learn from: people out of a bank, or endless ones."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.data.people.bank import PeopleBank
from manyfaces.data.people.pictures import People
from manyfaces.methods.distill import FaceModel

ALL_ROWS = slice(None)


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

    def truth(self, seed: int, size: int) -> Float[Tensor, "B K"]:
        """What the first batch of a seed shows, without its pictures.

        Raises:
            InputError: nobody knows.
        """
        ...


@dataclass(frozen=True)
class BankFaces:
    """Random faces of a bank; a `FaceSource`.

    Attributes:
        bank: the pictures.
        face: with the bank's layout; its landmarks' part is enough.
        renders_per_person: consecutive pictures of the bank that show the same person.
    """

    bank: PeopleBank
    face: FaceModel
    renders_per_person: int = 1

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> Faces:
        """Draw with replacement."""
        return self.at(self._picked(seed, step, size)[rows], torch.arange(size)[rows])

    def truth(self, seed: int, size: int) -> Float[Tensor, "B K"]:
        """Coefficients of the first batch of a seed."""
        return self.bank.coefficients[self._picked(seed, 0, size)]

    def _picked(self, seed: int, step: int, size: int) -> Int[Tensor, " B"]:
        return torch.randint(len(self.bank), (size,), generator=torch_generator(seed, "faces", step))

    def at(self, picked: Int[Tensor, " B"], number: Int[Tensor, " B"] | None = None) -> Faces:
        """The faces of some rows of the bank."""
        batch = self.bank.at(picked)
        with torch.no_grad():
            landmarks_px = self.face.landmarks_px(self.face.layout.split(batch.coefficients))
        number = picked if number is None else number
        return Faces(batch.pictures, landmarks_px, number, batch.coefficients, picked // self.renders_per_person)


@dataclass(frozen=True)
class EndlessFaces:
    """Faces that are drawn when they are asked for, for devices that draw faster than they learn; a `FaceSource`."""

    people: People

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> Faces:
        """Draw the whole batch, and keep the rows."""
        drawn, face = self.people.batch(stream_seed(seed, "endless"), step, size), self.people.face
        with torch.no_grad():
            landmarks_px = face.landmarks_px(face.layout.split(drawn.coefficients))
        number = torch.arange(size, device=landmarks_px.device)
        person = number // self.people.config.renders_per_person
        return Faces(drawn.pictures[rows], landmarks_px[rows], number[rows], drawn.coefficients[rows], person[rows])

    def truth(self, seed: int, size: int) -> Float[Tensor, "B K"]:
        """Coefficients of the first batch of a seed."""
        return self.people.coefficients(stream_seed(seed, "endless"), 0, size)
