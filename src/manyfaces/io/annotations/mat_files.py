"""MATLAB's files: arrays by name, and pictures in cells."""

import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from manyfaces.core.errors import DataError

# What scipy raises at the many ways in which a file can be damaged.
_DAMAGE = (
    *(ValueError, TypeError, LookupError, EOFError, ArithmeticError, MemoryError, AttributeError),
    *(OSError, MatReadError, zlib.error, struct.error),
)


def read_mat(path: str | Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Read some arrays of a file, of versions up to 7 by scipy, of 7.3 by h5py.

    Args:
        path: the file.
        names: of the arrays; all must be there.

    Returns:
        The arrays as MATLAB shapes them: at least two dimensions.

    Raises:
        DataError: there is no such file, it is damaged, lacks an array, holds something else under its name, or is of
            version 7.3 and h5py is not installed.
    """
    path = Path(path)
    with _Mat(path, names) as mat:
        found = {name: mat.array(name) for name in names}
    for name, value in found.items():
        if value.dtype.kind not in "fiub":
            raise DataError(f"{path}: {name} is no array of numbers")
    return found


def read_mat_pictures(path: str | Path, name: str, numbers: Sequence[int]) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Read pictures that are kept in a cell array, one after the other; grey ones become RGB.

    Args:
        path: the file.
        name: of the cell array.
        numbers: which cells, from 0.

    Raises:
        DataError: as `read_mat`; or there is no such cell, or it holds no picture of bytes.
    """
    path = Path(path)
    with _Mat(path, (name,)) as mat:
        for number in numbers:
            picture = mat.cell(name, number)
            if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)):
                raise DataError(f"{path}: {name}{{{number + 1}}} is no picture of bytes")
            yield np.ascontiguousarray(picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2))


class _Mat:
    """An open file of either kind."""

    def __init__(self, path: Path, names: Collection[str]):
        self._path = path
        self._hdf5: Any = None
        try:
            file = path.open("rb")
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}") from None
        try:
            with file:
                self._found: Any = loadmat(file, variable_names=list(names))
        except NotImplementedError:  # version 7.3
            self._found = self._hdf5 = _open_hdf5(path)
        except _DAMAGE as error:
            raise _damaged(path, error) from None
        missing = [name for name in names if name not in self._found]
        if missing:
            self.__exit__()
            raise DataError(f"{path} holds no {missing[0]}")

    def __enter__(self) -> "_Mat":
        return self

    def __exit__(self, *_: object) -> None:
        if self._hdf5 is not None:
            self._hdf5.close()

    def array(self, name: str) -> np.ndarray:
        # HDF5 keeps MATLAB's columns as rows.
        return np.asarray(self._found[name]) if self._hdf5 is None else np.asarray(self._hdf5[name]).T

    def cell(self, name: str, number: int) -> np.ndarray:
        cells = np.asarray(self._found[name]).ravel()
        if cells.dtype != object:
            raise DataError(f"{self._path}: {name} is no cell array")
        if not 0 <= number < len(cells):
            raise DataError(f"{self._path}: {name} has {len(cells)} cells, number {number + 1} is asked for")
        return np.asarray(cells[number]) if self._hdf5 is None else np.asarray(self._hdf5[cells[number]]).T


def _open_hdf5(path: Path) -> Any:
    try:
        import h5py  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise DataError(
            f"{path} is a MATLAB 7.3 file, which needs h5py", "pip install h5py, or save it with -v7 in MATLAB"
        ) from None
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is damaged: {type(error).__name__} {error}", "get the file anew")
