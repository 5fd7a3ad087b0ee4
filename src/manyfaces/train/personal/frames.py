"""How one person's frames are drawn to learn from."""

import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Tensor

from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.methods.personal.objective import SeenPhotos

_SHIFT_PX, _ZOOM, _EXPOSURE = 6.0, 0.06, 0.15


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
