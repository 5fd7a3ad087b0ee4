"""Read arrays out of a pickle without running anything that the pickle names.

A pickle is a program; its GLOBAL opcodes name functions of any module. Here a name is looked up in one small
table, by its exact module and name, and every entry of that table is a stand-in written below that only keeps the
state it is handed. Nothing is ever imported, and no method of numpy, scipy or chumpy sees bytes of the file before
they have been checked.
"""

import io
import math
import pickle
from typing import Any

import numpy as np
import scipy.sparse as sp

from manyfaces.core.errors import HeadFileError

_DTYPE_KINDS = frozenset("biuf")


class _Refused(Exception):
    """A global that is not in the table."""


class _Dtype:
    """Stands for numpy.dtype of plain numbers."""

    def __init__(self, code: Any = None, align: Any = False, copy: Any = False):
        if not isinstance(code, (str, bytes)):
            raise ValueError("a dtype that is not named by a string")
        name = code.decode("ascii") if isinstance(code, bytes) else code
        dtype = np.dtype(name[:8])
        if dtype.kind not in _DTYPE_KINDS or len(name) > 8:
            raise ValueError(f"numbers of type {name[:20]!r}")
        self.dtype = dtype

    def __setstate__(self, state: Any) -> None:
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else "|"
        order = order.decode("ascii") if isinstance(order, bytes) else order
        if order not in ("<", ">", "=", "|"):
            raise ValueError("a dtype of unknown byte order")
        if order in "<>":
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stands for numpy.ndarray."""

    value: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise ValueError("an array of unknown layout")
        shape, dtype, fortran, data = state[-4:]
        self.value = _array(data, dtype, shape, "F" if fortran else "C")


class _Sparse:
    """Stands for a matrix of scipy.sparse."""

    layout = ""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise ValueError("a sparse matrix of unknown layout")
        self.state = state


class _Csc(_Sparse):
    layout = "csc"


class _Csr(_Sparse):
    layout = "csr"


class _Coo(_Sparse):
    layout = "coo"


class _Chumpy:
    """Stands for a chumpy array: its value is the attribute x."""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, dict):
            raise ValueError("a chumpy array of unknown layout")
        self.state = state


class _Object:
    """Stands for `object`, the base that old pickles name."""


def _reconstruct_array(kind: Any, shape: Any = (0,), code: Any = b"b") -> _Array:
    if kind is not _Array:
        raise ValueError("an array of a foreign class")
    return _Array()


def _reconstruct_object(kind: Any, base: Any = None, state: Any = None) -> Any:
    if kind not in (_Csc, _Csr, _Coo, _Chumpy):
        raise ValueError("an object of a foreign class")
    return kind.__new__(kind)


def _scalar(dtype: Any, data: Any = b"") -> Any:
    return _array(data, dtype, (), "C")[()]


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any = "C", axis_order: Any = None) -> _Array:
    array = _Array()
    array.value = _array(buffer, dtype, shape, order)
    return array


def _encode(text: Any, encoding: Any = "latin1", errors: Any = "strict") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise ValueError("bytes of unknown encoding")
    return text.encode(encoding)


def _array(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    if not isinstance(dtype, _Dtype):
        raise ValueError("an array of things that are not numbers")
    if isinstance(data, str):  # a Python 2 string, read as latin1
        data = data.encode("latin1")
    if not isinstance(data, (bytes, bytearray)) or not isinstance(shape, tuple) or order not in ("C", "F"):
        raise ValueError("an array of unknown layout")
    if any(type(side) is not int or side < 0 for side in shape):
        raise ValueError("an array of impossible shape")
    if math.prod(shape) * dtype.dtype.itemsize != len(data):
        raise ValueError("an array whose bytes do not fit its shape")
    return np.frombuffer(data, dtype.dtype).reshape(shape, order=order)


def _allowed() -> dict[tuple[str, str], Any]:
    table: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Dtype,
        ("_codecs", "encode"): _encode,
        ("__builtin__", "object"): _Object,
        ("builtins", "object"): _Object,
        ("copy_reg", "_reconstructor"): _reconstruct_object,
        ("copyreg", "_reconstructor"): _reconstruct_object,
        ("chumpy.ch", "Ch"): _Chumpy,
    }
    for core in ("numpy.core", "numpy._core"):
        table[f"{core}.multiarray", "_reconstruct"] = _reconstruct_array
        table[f"{core}.multiarray", "scalar"] = _scalar
        table[f"{core}.numeric", "_frombuffer"] = _from_buffer
    for layout, stand_in in (("csc", _Csc), ("csr", _Csr), ("coo", _Coo)):
        for module in (f"scipy.sparse.{layout}", f"scipy.sparse._{layout}"):
            table[module, f"{layout}_matrix"] = table[module, f"{layout}_array"] = stand_in
    return table


_ALLOWED = _allowed()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise _Refused(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused("an object kept outside the file")


def load_arrays(raw: bytes, what: str) -> dict[str, Any]:
    """Read a pickled dict of arrays, sparse matrices, chumpy arrays and plain values.

    Args:
        raw: the pickle; strings of Python 2 are read as latin1.
        what: the file's name, for messages.

    Returns:
        The dict with numpy arrays, scipy.sparse.csc_matrix and plain Python values.

    Raises:
        HeadFileError: the pickle is damaged, not a dict, or names anything else; nothing it names is ever run.
    """
    try:
        found = _Unpickler(io.BytesIO(raw), encoding="latin1").load()
        if not isinstance(found, dict):
            raise ValueError(f"it holds a {type(found).__name__}, not a dict")
        return {str(key): _plain(value) for key, value in found.items()}
    except _Refused as refused:
        raise HeadFileError(
            f"{what} asks for {refused}, which is no array: refused, nothing was run",
            "take the file from the place that publishes the model",
        ) from None
    except MemoryError:
        raise HeadFileError(f"{what} does not fit into memory") from None
    except Exception as error:  # a damaged pickle fails in any opcode, with any exception
        raise HeadFileError(
            f"{what} is damaged or not a head model: {error or type(error).__name__}", "download it again"
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, _Array):
        if value.value is None:
            raise ValueError("an array without numbers")
        return value.value
    if isinstance(value, _Chumpy):
        return _plain(value.state["x"])
    if isinstance(value, _Sparse):
        return _sparse(value)
    return value


def _sparse(matrix: _Sparse) -> sp.csc_matrix:
    state = {key: _plain(part) for key, part in matrix.state.items()}
    shape = state["_shape"] if "_shape" in state else state["shape"]
    if matrix.layout == "coo":
        row, column = (state["row"], state["col"]) if "row" in state else state["coords"]
        return sp.csc_matrix(sp.coo_matrix((state["data"], (_plain(row), _plain(column))), shape))
    build = {"csc": sp.csc_matrix, "csr": sp.csr_matrix}[matrix.layout]
    built = build((state["data"], state["indices"], state["indptr"]), shape)
    built.check_format(full_check=True)
    return sp.csc_matrix(built)
