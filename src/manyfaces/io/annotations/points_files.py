"""Points of one face in a file of its own: `.pts` of 300-W, `.ljson` of menpo."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from manyfaces.core.errors import DataError

SUFFIXES = (".pts", ".ljson")
_FIX = "get the file anew"


def read_points(path: str | Path) -> Float64[np.ndarray, "P 2"]:
    """Read a file of either format, by its ending.

    Raises:
        DataError: as `read_pts` and `read_ljson`.
    """
    path = Path(path)
    return read_ljson(path) if path.suffix == ".ljson" else read_pts(path)


def read_pts(path: str | Path) -> Float64[np.ndarray, "P 2"]:
    """Read a `.pts` file: `version`, `n_points`, then a line `x y` for each point between braces.

    Copies without header and braces are read too. The file counts pixels from 1.

    Returns:
        x, y, pixels, 0-based.

    Raises:
        DataError: there is no such file, it is damaged, cut short, or holds a number that is not finite.
    """
    path = Path(path)
    head, brace, rest = _text(path).partition("{")
    body, closing, _ = rest.partition("}") if brace else (head, "}", "")
    if not closing:
        raise DataError(f"{path} is cut short: its brace is never closed", _FIX)
    rows = [line.split() for line in body.splitlines() if line.strip()]
    try:
        points = np.array([[float(x), float(y)] for x, y in rows]).reshape(-1, 2)
        count = _count(head) if brace else len(points)
    except ValueError as error:
        raise DataError(f"{path} is no .pts file: {error}", _FIX) from None
    if len(points) != count or not count:
        raise DataError(f"{path} says it holds {count} points, and holds {len(points)}", _FIX)
    return _finite(path, points) - 1


def read_ljson(path: str | Path) -> Float64[np.ndarray, "P 2"]:
    """Read an `.ljson` file of version 1, 2 or 3; its points are y, x, 0-based.

    Of several groups of points the one named PTS is taken, else the first.

    Returns:
        x, y, pixels, 0-based.

    Raises:
        DataError: there is no such file, it is damaged, or one of its points is missing (null).
    """
    path = Path(path)
    try:
        points = np.array(_ljson_points(json.loads(_text(path))), np.float64)
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"its points have shape {points.shape}")
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, StopIteration) as error:
        raise DataError(f"{path} is no .ljson file: {type(error).__name__} {error}", _FIX) from None
    return _finite(path, points)[:, ::-1].copy()


def _ljson_points(content: Any) -> list[Any]:
    groups = content.get("groups")
    if groups is None:
        return content["landmarks"]["points"]
    if isinstance(groups, list):  # version 1
        named = {group["label"]: group for group in groups}
        return [landmark["point"] for landmark in named.get("PTS", groups[0])["landmarks"]]
    return groups.get("PTS", next(iter(groups.values())))["landmarks"]["points"]


def _count(head: str) -> int:
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() == "n_points":
            return int(value)
    raise ValueError("its header has no n_points")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path} is no text: {error}", _FIX) from None


def _finite(path: Path, points: Float64[np.ndarray, "P 2"]) -> Float64[np.ndarray, "P 2"]:
    if not np.isfinite(points).all():
        raise DataError(f"{path}: point {int(np.flatnonzero(~np.isfinite(points).all(1))[0])} is not finite", _FIX)
    return points
