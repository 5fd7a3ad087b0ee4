"""Read the arrays of .pkl, .npz and .npy files, whoever wrote them: nothing in them is ever run."""

import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from manyfaces.core.errors import HeadFileError
from manyfaces.io.restricted_pickle import load_arrays, load_npy

LONE = ""
"""The name of an array that is alone in its file."""

_SUFFIXES = (".pkl", ".npz", ".npy")


def read_arrays(path: Path, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """Arrays of a file by name.

    Python objects inside .npz and .npy files are pickles, and are read as a .pkl is: arrays, sparse matrices, chumpy
    arrays and torch tensors, nothing else.

    Args:
        path: a .pkl or .npy file with a pickled dict, an .npz file, or an .npy file with one array.
        leave_out: names in an .npz that need not be read.

    Raises:
        HeadFileError: there is no such file, it is damaged, or it holds anything but arrays and plain values.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise HeadFileError(f"{path} {what}", "check the path")
    if path.suffix not in _SUFFIXES:
        raise HeadFileError(f"{path.name} cannot be read", f"known endings: {', '.join(_SUFFIXES)}")
    try:
        if path.suffix == ".npz":
            return _npz(path, leave_out)
        raw = path.read_bytes()
    except OSError as error:
        raise HeadFileError(f"cannot read {path}: {error.strerror or error}") from error
    if path.suffix == ".pkl":
        return load_arrays(raw, path.name)
    found = load_npy(raw, path.name)
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {LONE: found}


def _npz(path: Path, leave_out: Collection[str]) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as file:
            names = [name.removesuffix(".npy") for name in file.namelist()]
            return {name: load_npy(file.read(f"{name}.npy"), path.name) for name in names if name not in leave_out}
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, RuntimeError) as error:
        raise _damaged(path.name, error) from None


def _damaged(what: str, error: Exception) -> HeadFileError:
    why = " ".join(str(error).split())[:200] or type(error).__name__
    return HeadFileError(f"{what} is damaged or holds no arrays: {why}", "download it again")
