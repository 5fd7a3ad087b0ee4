"""Structural similarity of two maps."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import InputError

WINDOW, SPREAD = 11, 1.5
"""Side of the Gaussian window and its standard deviation, pixels."""

_STABILISERS = (0.01, 0.03)


def ssim(first: Float[Tensor, "B H W"], second: Float[Tensor, "B H W"], data_range: float = 1.0) -> Float[Tensor, " B"]:
    """Mean structural similarity over all windows inside the maps: 1 where they are equal, -1 at the least.

    Only sensible for values from 0 to `data_range`: it compares local means by their ratio.

    Args:
        first: maps of at least 11 pixels a side.
        second: likewise.
        data_range: the largest possible value, L.

    Raises:
        InputError: the maps are smaller than the window.

    Source: Wang et al., IEEE TIP 2004, equation 13, K1 = 0.01, K2 = 0.03.
    """
    if min(first.shape[-2:]) < WINDOW:
        raise InputError(f"maps of {first.shape[-2]} x {first.shape[-1]} have no window of {WINDOW} x {WINDOW} pixels")
    maps = torch.stack([first, second, first * first, second * second, first * second], 1)
    mean_1, mean_2, square_1, square_2, product = _smoothed(maps).unbind(1)
    c1, c2 = ((k * data_range) ** 2 for k in _STABILISERS)
    variance_1, variance_2 = square_1 - mean_1**2, square_2 - mean_2**2
    covariance = product - mean_1 * mean_2
    likeness = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    return (likeness / ((mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2))).mean((-2, -1))


def _smoothed(maps: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H2 W2"]:
    """Gaussian means, at the places where the whole window is inside the map."""
    offset = torch.arange(WINDOW, dtype=maps.dtype, device=maps.device) - WINDOW // 2
    weights = (-offset.square() / (2 * SPREAD**2)).exp()
    weights = (weights / weights.sum()).expand(maps.shape[1], 1, -1)
    for kernel in (weights[..., None], weights[..., None, :]):
        maps = F.conv2d(maps, kernel, groups=maps.shape[1])
    return maps
