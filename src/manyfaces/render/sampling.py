"""Values of pictures between their pixels, and over several."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def sampled(picture: Float[Tensor, "B H W C"], points_px: Float[Tensor, "B N 2"]) -> Float[Tensor, "B N C"]:
    """Values at points, bilinear; the picture's border goes on outside.

    Args:
        picture: any channels.
        points_px: x and y, (0, 0) the centre of the top-left pixel.
    """
    size = torch.tensor([picture.shape[2], picture.shape[1]], dtype=picture.dtype, device=picture.device)
    grid = ((2 * points_px + 1) / size - 1)[:, None].to(picture)
    values = F.grid_sample(picture.movedim(-1, 1), grid, padding_mode="border", align_corners=False)
    return values[:, :, 0].mT


def shrunk(picture: Float[Tensor, "B C H W"], side_px: int) -> Float[Tensor, "B C S S"]:
    """A smaller picture, each pixel the mean of those that it takes the place of.

    Args:
        picture: any channels.
        side_px: of what comes out.
    """
    size = (side_px, side_px)
    return picture if picture.shape[-2:] == size else F.interpolate(picture, size, mode="area")
