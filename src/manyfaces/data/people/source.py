"""People to learn from: out of a bank, or endless."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.data.face_batches import Faces
from manyfaces.data.people.bank import PeopleBank
from manyfaces.data.people.pictures import People
from manyfaces.data.sources import ALL_ROWS
from manyfaces.faces import FaceModel


@dataclass(frozen=True)
class BankFaces:
    """Random faces of a bank; a `PeopleSource`.

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
    """Faces that are drawn when they are asked for, for devices that draw faster than they learn; a `PeopleSource`."""

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
