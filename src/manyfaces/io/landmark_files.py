"""Landmarks in space that belong to a mesh file: `.npy` or one point in a line of text."""

from pathlib import Path

import numpy as np
from jaxtyping import Float64

from manyfaces.core.errors import DataError


def read_landmarks(path: str | Path, count: int) -> Float64[np.ndarray, "count 3"]:
    """Read the landmarks of a mesh.

    Args:
        path: `.npy` with an array (count, 3) or (1, count, 3), never a pickle; else text, `x y z` in each line.
        count: how many there must be.

    Returns:
        x, y, z in the unit of the mesh.

    Raises:
        DataError: there is no such file, it is damaged, of another shape, or holds numbers that are not finite.
    """
    path = Path(path)
    try:
        points = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _text(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:
        raise DataError(f"{path} holds no landmarks: {error}", f"write {count} points, x y z each") from None
    if not isinstance(points, np.ndarray) or points.dtype.kind not in "fiu":
        raise DataError(f"{path} holds no array of numbers", f"write {count} points, x y z each")
    if points.shape == (1, count, 3):
        points = points[0]
    if points.shape != (count, 3):
        raise DataError(f"{path} holds landmarks of shape {points.shape}, not ({count}, 3)")
    if not np.isfinite(points).all():
        raise DataError(f"{path} holds landmarks that are not finite")
    return points.astype(np.float64)


def _text(path: Path) -> np.ndarray:
    lines = path.read_text(encoding="utf-8").split("\n")
    return np.array([[float(word) for word in line.split()] for line in lines if line.strip()], np.float64)
