"""One person's frames, small enough to be held in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.data.clips.sample import PreparedFrame
from manyfaces.io.checkpoints import state_checksum
from manyfaces.methods.personal.objective import SeenPhotos
from manyfaces.render.sampling import shrunk


@dataclass(frozen=True)
class PersonFrames:
    """Frames of one person in R-Net's frame.

    Attributes:
        pictures: RGB.
        landmarks_px: pixels of the 224 frame.
        confidence: of each landmark, 0 to 1.
        skin: 255 where a pixel surely shows the face's skin.
    """

    pictures: UInt8[Tensor, "N 3 S S"]
    landmarks_px: Float[Tensor, "N 68 2"]
    confidence: Float[Tensor, "N 68"]
    skin: UInt8[Tensor, "N S S"]

    def __len__(self) -> int:
        return len(self.pictures)

    @staticmethod
    def of(frames: Sequence[PreparedFrame]) -> "PersonFrames":
        """Put prepared frames together.

        Raises:
            InputError: there are none.
        """
        if not frames:
            raise InputError(
                "no frame shows the person", "give sharper pictures, or some on which nothing hides the face"
            )
        return PersonFrames(
            pictures=torch.from_numpy(np.stack([frame.crop for frame in frames])).permute(0, 3, 1, 2).contiguous(),
            landmarks_px=torch.from_numpy(np.stack([frame.landmarks_px for frame in frames])),
            confidence=torch.from_numpy(np.stack([frame.confidence for frame in frames])),
            skin=torch.from_numpy(np.stack([frame.skin for frame in frames])),
        )

    @staticmethod
    def joined(parts: "Sequence[PersonFrames]") -> "PersonFrames":
        """All frames of several sets."""
        return PersonFrames(*(torch.cat([getattr(one, part.name) for one in parts]) for part in fields(PersonFrames)))

    def at(self, rows: Int[Tensor, " B"]) -> "PersonFrames":
        """Some of the frames."""
        return PersonFrames(*(getattr(self, part.name)[rows] for part in fields(self)))

    def shrunk(self, side_px: int) -> "PersonFrames":
        """The same frames in smaller pictures."""
        pictures, skin = (shrunk(part.float(), side_px).round().byte() for part in (self.pictures, self.skin[:, None]))
        return replace(self, pictures=pictures, skin=skin[:, 0])

    def halves(self, every: int) -> "tuple[PersonFrames, PersonFrames]":
        """Frames to learn from, and frames to judge by, see `halves_of`."""
        learned, held_out = halves_of(len(self), every)
        return self.at(learned), self.at(held_out)

    def seen(self) -> SeenPhotos:
        """As the coarse loss takes them."""
        nobody_else = torch.zeros(len(self), dtype=torch.long, device=self.pictures.device)
        return SeenPhotos.of(self.pictures, self.landmarks_px, self.confidence, self.skin, nobody_else)


def halves_of(n: int, every: int) -> tuple[Int[Tensor, " L"], Int[Tensor, " H"]]:
    """Rows to learn from, and rows to judge by: of each `every` rows, in order, the middle one.

    Of too few the last is judged by; a single one is on both sides.
    """
    rows = torch.arange(n)
    held_out = rows % every == every // 2 if n > every // 2 else rows == n - 1
    return (rows[~held_out] if n > 1 else rows), rows[held_out]


def digest_of(frames: Any) -> str:
    """What tells frames from others: of a dataclass of tensors, a checksum of all of them."""
    return state_checksum({part.name: getattr(frames, part.name) for part in fields(frames)})
