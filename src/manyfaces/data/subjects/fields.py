"""Smooth random fields: over points in space, and over texture maps of any size."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_WAVES = 48


def uniform(pair: tuple[float, float], generator: torch.Generator, *shape: int) -> Tensor:
    """Numbers between the two of a pair."""
    low, high = pair
    return low + (high - low) * torch.rand(shape, generator=generator, device=generator.device)


def normal(generator: torch.Generator, *shape: int) -> Tensor:
    """Unit normal numbers."""
    return torch.randn(shape, generator=generator, device=generator.device)


def waves_in_space(
    points: Float[Tensor, "V 3"], wave_m: tuple[float, float], channels: int, generator: torch.Generator
) -> Float[Tensor, "V C"]:
    """A random field of unit variance, a sum of plane waves: nearly Gaussian, and band-limited.

    Args:
        points: where it is wanted, metres.
        wave_m: shortest and longest wavelength.
        channels: how many independent fields.
        generator: source of all randomness.
    """
    direction = F.normalize(normal(generator, 3, _WAVES), dim=0)
    frequency = uniform((1 / wave_m[1], 1 / wave_m[0]), generator, _WAVES)
    phase = uniform((0, 2 * math.pi), generator, _WAVES)
    waves = torch.cos(2 * math.pi * (points @ direction) * frequency + phase)
    return waves @ normal(generator, _WAVES, channels) * math.sqrt(2 / _WAVES)


def smooth_maps(
    n: int, cells: int, side_px: int, generator: torch.Generator, asymmetry: float = 1.0
) -> Float[Tensor, "n S S"]:
    """Random maps of about unit variance that are the same at every resolution, but for where they are sampled.

    Args:
        n: how many.
        cells: independent values along a side.
        side_px: texels along a side.
        generator: source of all randomness.
        asymmetry: share of the variance that the map's halves do not have in common.
    """
    coarse = normal(generator, 2, n, 1, cells, cells)
    mirrored = (coarse[0] + coarse[0].flip(-1)) / math.sqrt(2)
    mixed = math.sqrt(1 - asymmetry) * mirrored + math.sqrt(asymmetry) * coarse[1]
    # Interpolation takes a part of the variance away.
    return F.interpolate(mixed, (side_px, side_px), mode="bicubic")[:, 0] * 1.25


def spots(
    at: Float[Tensor, "S S 3"], centres: Float[Tensor, "N 3"], wide_m: Float[Tensor, " N"]
) -> Float[Tensor, "S S N"]:
    """Round spots on a surface, one in the middle.

    Args:
        at: position of each texel, metres.
        centres: of the spots.
        wide_m: their deviation.
    """
    squared = torch.cdist(at.flatten(0, 1), centres).square() / (-2 * wide_m.square())
    # Far off nothing is left; what is almost nothing takes long to compute.
    return torch.exp(squared.clamp(min=-20)).unflatten(0, at.shape[:2])


def blurred(maps: Float[Tensor, "B S S"], reach_px: int) -> Float[Tensor, "B S S"]:
    """Two running means along each side: nearly Gaussian, of deviation 0.8 reach; the border goes on outside."""
    width = 2 * reach_px + 1
    for axis in (1, 2, 1, 2):
        size = maps.shape[axis]
        at = (torch.arange(size + 2 * reach_px, device=maps.device) - reach_px).clamp(0, size - 1)
        padded = maps.index_select(axis, at)
        total = padded.narrow(axis, 0, size).clone()
        for k in range(1, width):
            total += padded.narrow(axis, k, size)
        maps = total / width
    return maps
