"""Procedural textures: noise, cloth and the patterns on it, things of no particular kind."""

import colorsys
from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float32

_TILE = 97

Cloth = Callable[[np.ndarray, np.ndarray], Float32[np.ndarray, "h w 3"]]
"""A cloth: its colour at millimetres along and across it, each (h, w)."""


def noise(shape: tuple[int, int], grain_px: float, generator: np.random.Generator) -> Float32[np.ndarray, "h w"]:
    """Smooth noise of about unit deviation; `grain_px` is the size of its spots."""
    if grain_px < 2:
        # Fine grain repeats itself, which nobody sees.
        tile = generator.standard_normal((_TILE, _TILE), dtype=np.float32)
        return np.tile(tile, [-(-side // _TILE) for side in shape])[: shape[0], : shape[1]]
    cells = tuple(max(2, int(np.ceil(side / grain_px)) + 1) for side in shape)
    coarse = generator.standard_normal(cells, dtype=np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


def fractal_noise(
    shape: tuple[int, int], grain_px: float, generator: np.random.Generator, octaves: int = 4
) -> Float32[np.ndarray, "h w"]:
    """Noise on several scales, each half as large and half as strong as the one before."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        total += 0.5**octave * noise(shape, grain_px / 2**octave, generator)
    return total / np.float32(1.15)


def random_colour(
    generator: np.random.Generator,
    saturation: tuple[float, float] = (0.1, 0.8),
    value: tuple[float, float] = (0.15, 0.95),
) -> Float32[np.ndarray, "3"]:
    """Any hue; saturation and value from ranges."""
    hue = generator.random()
    return np.array(colorsys.hsv_to_rgb(hue, generator.uniform(*saturation), generator.uniform(*value)), np.float32)


def sample_cloth(generator: np.random.Generator) -> Cloth:
    """Draw a woven or printed cloth: plain, striped, checked, dotted or in patches."""
    return _CLOTHS[int(generator.choice(len(_CLOTHS), p=_CHANCES))](generator)


def anything(shape: tuple[int, int], scale_px: float, generator: np.random.Generator) -> Float32[np.ndarray, "h w 3"]:
    """A texture of no particular kind: marble, cells, wood, scales, checks, fur or a smooth field of colours."""
    surface = _SURFACES[int(generator.integers(len(_SURFACES)))](shape, scale_px, generator)
    low, high = random_colour(generator), random_colour(generator)
    mixed = low + surface[..., None] * (high - low)
    return np.clip(mixed * (1 + 0.04 * noise(shape, 1.0, generator)[..., None]), 0, 1)


def _plain(generator: np.random.Generator) -> Cloth:
    colour = random_colour(generator)
    return lambda u, v: np.broadcast_to(colour, (*u.shape, 3)).copy()


def _stripes(generator: np.random.Generator) -> Cloth:
    first, second = random_colour(generator), random_colour(generator)
    period, angle = generator.uniform(4, 14), float(generator.choice([0.0, np.pi / 2, np.pi / 4]))
    share, along, across = generator.uniform(0.3, 0.6), float(np.cos(angle)), float(np.sin(angle))
    return lambda u, v: _mix(first, second, _band((u * along + v * across) / period, share))


def _tartan(generator: np.random.Generator) -> Cloth:
    ground, wide, thin = (random_colour(generator) for _ in range(3))
    period = generator.uniform(16, 30)

    def colour(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        u, v = u / period, v / period
        mixed = _mix(ground, wide, (_band(u, 0.45) + _band(v, 0.45)) / 2)
        return _mix(mixed, thin, 0.8 * np.maximum(_band(u + 0.25, 0.06), _band(v + 0.25, 0.06)))

    return colour


def _dots(generator: np.random.Generator) -> Cloth:
    first, second = random_colour(generator), random_colour(generator)
    period, radius = generator.uniform(6, 14), generator.uniform(0.2, 0.33)

    def colour(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        distance = np.hypot((u / period) % 1 - 0.5, (v / period) % 1 - 0.5)
        return _mix(first, second, np.clip((radius - distance) * period * 2 + 0.5, 0, 1))

    return colour


def _print(generator: np.random.Generator) -> Cloth:
    """Flat patches of three colours, as on camouflage; the pattern repeats itself after 200 mm."""
    colours = np.array([random_colour(generator) for _ in range(3)])
    tile = fractal_noise((200, 200), 22, generator, 3)
    tile = colours[np.digitize(tile, [-0.45, 0.45])].astype(np.float32)

    def colour(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return cv2.remap(tile, (u % 199).astype(np.float32), (v % 199).astype(np.float32), cv2.INTER_LINEAR)

    return colour


def _mix(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    return first + share[..., None] * (second - first)


def _band(phase: np.ndarray, share: float) -> np.ndarray:
    """One on `share` of each period, with narrow ramps for edges."""
    return np.clip((share / 2 - np.abs(phase % 1 - 0.5)) * 30 + 0.5, 0, 1)


_CLOTHS = (_plain, _stripes, _tartan, _dots, _print)
_CHANCES = (0.45, 0.15, 0.15, 0.1, 0.15)


def _marble(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> np.ndarray:
    field = fractal_noise(shape, scale, generator)
    return 0.5 + 0.5 * np.sin(field * generator.uniform(2, 6))


def _cells(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> np.ndarray:
    """Distance to the nearest of many seeds: pebbles, leather, foam."""
    seeds = np.ones(shape, np.uint8)
    count = max(4, int(shape[0] * shape[1] / (0.35 * scale) ** 2))
    seeds[generator.integers(0, shape[0], count), generator.integers(0, shape[1], count)] = 0
    distance = cv2.distanceTransform(seeds, cv2.DIST_L2, 3)
    return np.clip(distance / (0.25 * scale), 0, 1)


def _wood(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> np.ndarray:
    rows = np.arange(shape[0], dtype=np.float32)[:, None] / scale
    field = 2.5 * rows + 0.5 * noise(shape, 1.5 * scale, generator)
    grain = cv2.GaussianBlur(noise(shape, 1.0, generator), (0, 0), 0.15 * scale + 0.5, sigmaY=0.5)
    return np.clip(0.5 + 0.4 * np.sin(2 * np.pi * field) + 0.5 * grain, 0, 1)


def _scales(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / (0.4 * scale)
    y = y + 0.5 * (np.floor(x) % 2)
    return np.clip(np.hypot(x % 1 - 0.5, y % 1 - 0.2), 0, 1)


def _checks(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / (generator.uniform(0.25, 0.8) * scale)
    return ((np.floor(x) + np.floor(y)) % 2).astype(np.float32)


def _fur(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> np.ndarray:
    grain = cv2.GaussianBlur(noise(shape, 1.0, generator), (0, 0), 0.6, sigmaY=0.12 * scale + 0.6)
    return np.clip(0.5 + grain * 0.9 + 0.15 * noise(shape, scale, generator), 0, 1)


def _smooth(shape: tuple[int, int], scale: float, generator: np.random.Generator) -> np.ndarray:
    return np.clip(0.5 + 0.35 * noise(shape, 2 * scale, generator), 0, 1)


_SURFACES = (_marble, _cells, _wood, _scales, _checks, _fur, _smooth)
