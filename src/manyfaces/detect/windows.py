"""Which square windows of a picture the detection networks look at."""

import math

import numpy as np

from manyfaces.geometry.crop import Crop

_OVERLAP = 0.4
"""Fraction of a tile that the next one shares: a face up to this large is whole in at least one tile."""


def whole_window(height: int, width: int, zoom_out: float = 1.0) -> Crop:
    """The square around the picture, times `zoom_out`."""
    return Crop(((width - 1) / 2, (height - 1) / 2), zoom_out * max(height, width))


def tiles(height: int, width: int, size_px: float) -> list[Crop]:
    """Overlapping square tiles of one size that cover the picture, row by row."""
    columns, rows = _middles(width, size_px), _middles(height, size_px)
    return [Crop((x, y), size_px) for y in rows for x in columns]


def _middles(length: int, size: float) -> list[float]:
    if size >= length:
        return [(length - 1) / 2]
    count = math.ceil((length - size) / (size * (1 - _OVERLAP))) + 1
    # From tile edges on the picture's edges, which lie half a pixel outside the first and the last pixel centre.
    return np.linspace(size / 2 - 0.5, length - size / 2 - 0.5, count).tolist()
