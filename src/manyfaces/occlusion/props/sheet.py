"""Coordinates of something that hangs across the face from one side to the other: a mask, a scarf."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from manyfaces.occlusion.props.canvas import Canvas


@dataclass(frozen=True)
class SheetAxes:
    """Where each pixel lies on the sheet.

    Attributes:
        u: (h, w) -1 at the left end, 0 on the line of the nose, 1 at the right end.
        v: (h, w) 0 at the upper edge, 1 at the lower.
        inside_mm: (h, w) distance from the nearer of the two edges; negative outside.
    """

    u: Float32[np.ndarray, "h w"]
    v: Float32[np.ndarray, "h w"]
    inside_mm: Float32[np.ndarray, "h w"]


def sheet_axes(
    canvas: Canvas, top: Float[np.ndarray, "N 2"], bottom: Float[np.ndarray, "M 2"], middle_mm: float
) -> SheetAxes:
    """Read the sheet's coordinates.

    Args:
        canvas: where it is drawn.
        top: upper edge, face millimetres, from left to right.
        bottom: lower edge, likewise.
        middle_mm: x of the line of the nose.
    """
    x, y = canvas.x_mm, canvas.y_mm
    left, right = float(top[0, 0]), float(top[-1, 0])
    half = np.where(x < middle_mm, np.float32(max(middle_mm - left, 1.0)), np.float32(max(right - middle_mm, 1.0)))
    u = (x - middle_mm) / half
    upper, lower = _height_at(x, top), _height_at(x, bottom)
    v = (y - upper) / np.maximum(lower - upper, 1.0)
    return SheetAxes(np.clip(u, -1.5, 1.5), v, np.minimum(y - upper, lower - y))


def _height_at(x: np.ndarray, path: np.ndarray) -> np.ndarray:
    """The y of a path at each x; a table with a step of half a millimetre stands in for a search at each pixel."""
    low = float(x.min())
    steps = int((float(x.max()) - low) * 2) + 2
    order = np.argsort(path[:, 0])
    table = np.interp(low + 0.5 * np.arange(steps), path[order, 0], path[order, 1]).astype(np.float32)
    return table[((x - np.float32(low)) * 2).astype(np.intp)]
