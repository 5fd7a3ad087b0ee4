"""One person's wrinkles: a pattern that tension brings out."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.fields import blurred, smooth_maps, uniform
from manyfaces.data.subjects.zones import FaceMap, Zone

_SHARP = 1.6
# Mean over a period of exp(_SHARP (cos - 1)), so that a pattern neither swells nor sinks; the rest is the valley.
_MEAN = float(torch.special.i0e(torch.tensor(_SHARP)))
_SENSITIVE = 0.06  # tension that half-way wrinkles skin outside all zones
_SMOOTH_OF_SIDE = 64  # tension is felt over a 64th of the map in either direction


def wrinkle_pattern(
    face: FaceMap, zones: dict[str, Zone], age: float, config: SubjectConfig, generator: torch.Generator
) -> Float[Tensor, "S S"]:
    """What fully compressed skin does, metres: valleys that are deeper than the ridges between them are high.

    Args:
        face: the texels.
        zones: where skin wrinkles.
        age: 0 to 1.
        config: how deep and how far apart.
        generator: source of all randomness; both halves of a face have nearly the same lines.
    """
    side = len(face.skin)
    total = torch.zeros_like(face.skin)
    low, high = config.wrinkle_mm
    depth_m = (low + (high - low) * age) / 1e3
    own = {name: uniform((0.0, 1.0), generator, 4).tolist() for name in dict.fromkeys(_kind(name) for name in zones)}
    jitter = smooth_maps(2, 9, side, generator, config.asymmetry).to(total)
    strength = smooth_maps(1, 14, side, generator, config.asymmetry)[0].to(total)
    for name, zone in zones.items():
        wave, start, how_much, _ = own[_kind(name)]
        wave_m = (config.wave_mm[0] + (config.wave_mm[1] - config.wave_mm[0]) * wave) / 1e3
        valley_m = start * wave_m if zone.valley_m is None else zone.valley_m
        phase = (zone.across_m - valley_m) / wave_m + 0.16 * jitter[0]
        valleys = torch.exp(_SHARP * (torch.cos(2 * math.pi * phase) - 1))
        broken = (0.75 + 0.3 * strength).clamp(0.1, 1.2)
        total += depth_m * (0.35 + 0.65 * how_much) * zone.weight * broken * (_MEAN - valleys) / (1 - _MEAN)
    return total * face.skin


def _kind(zone: str) -> str:
    return zone.removesuffix("_left").removesuffix("_right")


def sensitivity(zones: dict[str, Zone]) -> Float[Tensor, "S S"]:
    """The tension that brings out half of a wrinkle, for each texel."""
    weights = torch.stack([zone.weight for zone in zones.values()])
    each = torch.tensor([zone.tension for zone in zones.values()]).to(weights)
    rest = (1 - weights.sum(0)).clamp(min=0.02)
    return ((weights * each[:, None, None]).sum(0) + rest * _SENSITIVE) / (weights.sum(0) + rest)


def brought_out(tension: Float[Tensor, "B S S"], half: Float[Tensor, "S S"]) -> Float[Tensor, "B S S"]:
    """How much of the pattern shows, 0 to 1: nothing where skin is at rest or stretched.

    Args:
        tension: positive where skin is compressed.
        half: see `sensitivity`.
    """
    felt = blurred(tension, max(1, round(len(half) / _SMOOTH_OF_SIDE))).clamp(min=0)
    return 1 - torch.exp2(-felt / half)
