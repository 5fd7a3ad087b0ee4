"""Curves: smooth closed outlines, paths, stars."""

import numpy as np
from jaxtyping import Float


def smooth_closed(corners: Float[np.ndarray, "N 2"], per_side: int = 8) -> Float[np.ndarray, "M 2"]:
    """A closed Catmull-Rom curve through some points."""
    before, after, second = (np.roll(corners, shift, axis=0) for shift in (1, -1, -2))
    return _catmull_rom(before, corners, after, second, per_side)


def smooth_path(points: Float[np.ndarray, "N 2"], per_side: int = 8) -> Float[np.ndarray, "M 2"]:
    """An open Catmull-Rom curve through some points."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    curve = _catmull_rom(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], per_side)
    return np.concatenate([curve, points[-1:]])


def bezier(controls: Float[np.ndarray, "4 *D"], steps: int = 16) -> Float[np.ndarray, "M *D"]:
    """A cubic Bezier curve."""
    t = np.linspace(0, 1, steps)[:, None]
    a, b, c, d = controls
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d


def star(points: int, inner: float, angle: float = 0.0) -> Float[np.ndarray, "N 2"]:
    """A star of radius 1, its first point upwards; `inner` is the radius between points."""
    turn = angle - np.pi / 2 + np.arange(2 * points) * np.pi / points
    radius = np.where(np.arange(2 * points) % 2 == 0, 1.0, inner)
    return radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)


def rotation(angle: float) -> Float[np.ndarray, "2 2"]:
    """A matrix to multiply rows with; it turns them clockwise in a picture, whose y points down."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, sine], [-sine, cosine]])


def _catmull_rom(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, steps: int) -> np.ndarray:
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (corner[:, None] for corner in (a, b, c, d))
    curve = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    return (curve / 2).reshape(-1, a.shape[-1])
