"""Coefficients from the parameter files that data sets come with, whichever of their layouts they have."""

from pathlib import Path
from typing import Any

import numpy as np

from manyfaces.core.errors import DataError, HeadFileError
from manyfaces.data.photos.sample import Truth
from manyfaces.io.array_files import read_arrays
from manyfaces.io.atomic import atomic_path

BETAS_IDENTITY = 300
"""In files with `betas`, identity is the first 300, expression what follows."""

# Where the jaw begins in a pose of so many numbers: neck, jaw, eyes; or root, neck, jaw, both eyes.
_JAW_AT = {9: 3, 12: 3, 15: 6}


def read_truth(path: Path, n_identity: int = 300, n_expression: int = 50) -> Truth:
    """Read a parameter file: .npz, or .npy with a pickled dict (nothing in it is run).

    Known layouts: `shape` alone; `shape`, `exp`, `pose` of 9 numbers (neck, jaw, eyes), `trans`; `shape`, `exp`, `jaw`;
    `betas` (300 of identity, then expression) with `pose` of 15 numbers.

    Args:
        path: the file.
        n_identity: coefficients to take; there must be as many.
        n_expression: likewise; files without expression give zeros.

    Raises:
        DataError: the file is missing, damaged, or of another layout.
    """
    try:
        arrays = read_arrays(path)
    except HeadFileError as error:
        raise DataError(f"parameters cannot be read: {error.message}", error.fix) from None
    try:
        identity, expression = _coefficients(arrays)
        jaw = _jaw(arrays)
    except (TypeError, ValueError) as error:
        raise DataError(f"{path} holds no coefficients: {error}") from None
    if identity is None:
        raise DataError(f"{path} holds {', '.join(sorted(arrays)) or 'nothing'}", "needed: shape, or betas")
    if len(identity) < n_identity or (expression is not None and len(expression) < n_expression):
        held = f"{len(identity)} of identity" + ("" if expression is None else f", {len(expression)} of expression")
        raise DataError(f"{path} holds {held}", f"needed: {n_identity} and {n_expression}; train with fewer")
    expression = np.zeros(n_expression, np.float32) if expression is None else expression[:n_expression]
    truth = Truth(identity[:n_identity], expression, np.zeros(3, np.float32) if jaw is None else jaw)
    if not all(np.isfinite(part).all() for part in (truth.identity, truth.expression, truth.jaw)):
        raise DataError(f"{path} holds numbers that are not finite", "leave the photo out (--missing skip does not)")
    return truth


def has_expression(path: Path) -> bool:
    """Say whether a parameter file knows the expression."""
    arrays = read_arrays(path)
    return "exp" in arrays or len(_flat(arrays.get("betas", ()))) > BETAS_IDENTITY


def write_truth(path: Path, **arrays: np.ndarray) -> None:
    """Write a parameter file: `shape`, `exp`, `pose` (neck, jaw, eyes), `trans` and what else is known."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _coefficients(arrays: dict[str, Any]) -> tuple[np.ndarray | None, np.ndarray | None]:
    if "shape" in arrays:
        return _flat(arrays["shape"]), _flat(arrays["exp"]) if "exp" in arrays else None
    if "betas" in arrays:
        betas = _flat(arrays["betas"])
        rest = betas[BETAS_IDENTITY:]
        return betas[:BETAS_IDENTITY], rest if len(rest) else None
    return None, None


def _jaw(arrays: dict[str, Any]) -> np.ndarray | None:
    if "jaw" in arrays:
        jaw = _flat(arrays["jaw"])
        if len(jaw) != 3:
            raise ValueError(f"a jaw of {len(jaw)} numbers")
        return jaw
    if "pose" not in arrays or not ("exp" in arrays or "betas" in arrays):
        return None
    pose = _flat(arrays["pose"])
    if len(pose) not in _JAW_AT:
        raise ValueError(f"a pose of {len(pose)} numbers, where 9 or 15 are known")
    start = _JAW_AT[len(pose)]
    return pose[start : start + 3]


def _flat(values: Any) -> np.ndarray:
    return np.asarray(values, np.float32).reshape(-1)
