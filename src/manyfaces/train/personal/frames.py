"""One person's frames, small enough to be held in memory, as the transfer learns from them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.data.clips.sample import PreparedFrame
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.io.checkpoints import state_checksum
from manyfaces.methods.personal.objective import SeenPhotos

_SHIFT_PX, _ZOOM, _EXPOSURE = 6.0, 0.06, 0.15


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

    def at(self, rows: Int[Tensor, " B"]) -> "PersonFrames":
        """Some of the frames."""
        return PersonFrames(*(getattr(self, part.name)[rows] for part in fields(self)))

    def halves(self, every: int) -> "tuple[PersonFrames, PersonFrames]":
        """Frames to learn from, and frames to judge by, see `halves_of`."""
        learned, held_out = halves_of(len(self), every)
        return self.at(learned), self.at(held_out)

    def seen(self) -> SeenPhotos:
        """As the coarse loss takes them."""
        return SeenPhotos(
            self.pictures.float() / 255,
            self.landmarks_px,
            self.confidence,
            self.skin.float() / 255,
            torch.zeros(len(self), dtype=torch.long, device=self.pictures.device),
        )


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


def varied(seen: SeenPhotos, generator: torch.Generator) -> SeenPhotos:
    """The same faces seen through crops that are a little off, in another exposure.

    Args:
        seen: left as they are.
        generator: source of all randomness, on the device of the pictures.
    """
    n, side, device = len(seen.pictures), seen.pictures.shape[-1], seen.pictures.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=generator, device=device) * 2 - 1

    zoom, shift_px = torch.exp(_ZOOM * uniform(1)), _SHIFT_PX * uniform(2)
    middle = (RNET_PX - 1) / 2
    landmarks_px = (seen.landmarks_px - middle) * zoom[..., None] + middle + shift_px[:, None]
    # Where each pixel of the new picture lies on the old one, in halves of the side.
    scale = torch.diag_embed((1 / zoom).expand(n, 2))
    moved = torch.cat([scale, (-shift_px * 2 / RNET_PX / zoom)[..., None]], -1)
    grid = F.affine_grid(moved, [n, 1, side, side], align_corners=False)
    both = F.grid_sample(torch.cat([seen.pictures, seen.skin[:, None]], 1), grid, align_corners=False)
    pictures = (both[:, :3] * (1 + _EXPOSURE * uniform(1, 1, 1))).clamp(0, 1)
    return SeenPhotos(pictures, landmarks_px, seen.confidence, both[:, 3], seen.person)


def rows_of(n: int, size: int, generator: torch.Generator) -> Int[Tensor, " B"]:
    """Rows of a batch: no frame comes again before all have come."""
    whole = torch.cat([torch.randperm(n, generator=generator) for _ in range(-(-size // n))])
    return whole[:size]
