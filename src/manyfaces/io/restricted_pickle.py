"""Read pickles of arrays and plain values without running anything that they name; see `pickle_stand_ins`."""

import io
import math
from typing import Any

import numpy as np

from manyfaces.core.errors import DataError, HeadFileError, ManyfacesError
from manyfaces.io.pickle_stand_ins import Unpickler, plain, unboxed
from manyfaces.io.restricted_tensors import Refused

_NPY_MAGIC = b"\x93NUMPY"


def load_arrays(raw: bytes, what: str) -> dict[str, Any]:
    """Read a pickled dict of arrays, tensors, sparse matrices, chumpy arrays and plain values.

    Args:
        raw: the pickle; strings of Python 2 are read as latin1.
        what: the file's name, for messages.

    Returns:
        The dict with numpy arrays, scipy.sparse.csc_matrix and plain Python values.

    Raises:
        HeadFileError: the pickle is damaged, not a dict, or names anything else; nothing it names is ever run.
    """
    found = _load(raw, what, HeadFileError)
    if not isinstance(found, dict):
        raise _damaged(what, f"it holds a {type(found).__name__}, not a dict", HeadFileError)
    return {str(key): value for key, value in found.items()}


def load_npy(raw: bytes, what: str, error: type[ManyfacesError] = HeadFileError) -> Any:
    """Read an .npy file: an array, or the object that `numpy.save` pickled into it.

    Args:
        raw: the file's bytes.
        what: its name, for messages.
        error: what to raise.

    Returns:
        A numpy array, or what `load_arrays` reads: a dict, a list, a sparse matrix, ...

    Raises:
        ManyfacesError: of the given kind; see `load_arrays`.
    """
    file = io.BytesIO(raw)
    if not raw.startswith(_NPY_MAGIC):
        raise _damaged(what, "it does not begin as an array file does", error)
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read_header(file)
        if not dtype.hasobject:
            numbers = np.frombuffer(raw, dtype, math.prod(shape), file.tell())
            return numbers.reshape(shape, order="F" if fortran else "C").copy(order="A")
    except MemoryError:
        raise error(f"{what} does not fit into memory") from None
    except Exception as why:  # the header is read as Python's literals are, which fails in many ways
        raise _damaged(what, why, error) from None
    return _load(raw[file.tell() :], what, error, boxed=True)


def load_npy_dict(raw: bytes, what: str) -> dict[str, Any]:
    """Read the dict that `numpy.save` pickled into an .npy file, as lists and parameters of data sets are kept.

    Raises:
        DataError: the file is damaged, holds no dict, or names anything but arrays; nothing it names is ever run.
    """
    found = load_npy(raw, what, DataError)
    if not isinstance(found, dict):
        kind = "plain array" if isinstance(found, np.ndarray) else type(found).__name__
        raise DataError(f"{what} holds a {kind}, not a dict", "take the file that the data set publishes")
    return {str(key): value for key, value in found.items()}


def _load(raw: bytes, what: str, error: type[ManyfacesError], boxed: bool = False) -> Any:
    try:
        found = Unpickler(io.BytesIO(raw), encoding="latin1").load()
        return plain(unboxed(found) if boxed else found)
    except Refused as refused:
        raise error(
            f"{what} asks for {refused}, which is no array: refused, nothing was run",
            "take the file from the place that publishes it",
        ) from None
    except MemoryError:
        raise error(f"{what} does not fit into memory") from None
    except Exception as why:  # a damaged pickle fails in any opcode, with any exception
        raise _damaged(what, why, error) from None


def _damaged(what: str, why: Exception | str, error: type[ManyfacesError]) -> ManyfacesError:
    said = " ".join(str(why).split())[:200] or type(why).__name__
    kind = "not a head model" if error is HeadFileError else "not what it should be"
    return error(f"{what} is damaged or {kind}: {said}", "download it again")
