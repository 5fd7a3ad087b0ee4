"""What may stand in a pickle, each written anew: stand-ins that only keep the state they are handed.

A pickle is a program; its GLOBAL opcodes name functions of any module. Here a name is looked up in one small table, by
its exact module and name. Nothing is ever imported, and no method of numpy, scipy, torch or chumpy sees bytes of the
file before they have been checked.
"""

import math
import pickle
from typing import Any

import numpy as np
import scipy.sparse as sp

from manyfaces.io import restricted_tensors
from manyfaces.io.restricted_tensors import Refused

_DTYPE_KINDS = frozenset("biuf")


class _Dtype:
    """Stands for numpy.dtype of plain numbers."""

    def __init__(self, code: Any = None, align: Any = False, copy: Any = False):
        if not isinstance(code, (str, bytes)):
            raise ValueError("a dtype that is not named by a string")
        name = code.decode("ascii") if isinstance(code, bytes) else code
        if name in ("O", "O8"):  # only ever the box around one object, see _Array
            self.dtype = np.dtype(object)
            return
        dtype = np.dtype(name[:8])
        if dtype.kind not in _DTYPE_KINDS or len(name) > 8:
            raise ValueError(f"numbers of type {name[:20]!r}")
        self.dtype = dtype

    def __setstate__(self, state: Any) -> None:
        order = state[1] if isinstance(state, tuple) and len(state) > 1 else "|"
        order = order.decode("ascii") if isinstance(order, bytes) else order
        if order not in ("<", ">", "=", "|"):
            raise ValueError("a dtype of unknown byte order")
        if order in "<>" and self.dtype.kind != "O":
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stands for numpy.ndarray; `boxed` is what an array of no dimension holds where it holds an object."""

    value: np.ndarray | None = None
    boxed: Any = None

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise ValueError("an array of unknown layout")
        shape, dtype, fortran, data = state[-4:]
        if isinstance(dtype, _Dtype) and dtype.dtype.kind == "O":
            if shape != () or not isinstance(data, list) or len(data) != 1:
                raise ValueError("an array of objects")
            self.boxed = data[0]
            return
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


class _Storage:
    """Stands for the numbers of a tensor."""

    def __init__(self, raw: Any):
        self.numbers = restricted_tensors.storage(raw)


def _rebuild_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> _Array:
    if not isinstance(storage, _Storage):
        raise ValueError("a tensor without numbers")
    array = _Array()
    array.value = restricted_tensors.tensor(storage.numbers, offset, size, stride)
    return array


def _no_bytes() -> bytes:
    return b""


class _Hooks:
    """Stands for the empty OrderedDict that tensors carry."""


def _encode(text: Any, encoding: Any = "latin1", errors: Any = "strict") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise ValueError("bytes of unknown encoding")
    return text.encode(encoding)


def _array(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    if not isinstance(dtype, _Dtype) or dtype.dtype.kind == "O":
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
        ("__builtin__", "bytes"): _no_bytes,  # how old protocols write the bytes of an array without any
        ("builtins", "bytes"): _no_bytes,
        ("__builtin__", "object"): _Object,
        ("builtins", "object"): _Object,
        ("copy_reg", "_reconstructor"): _reconstruct_object,
        ("copyreg", "_reconstructor"): _reconstruct_object,
        ("chumpy.ch", "Ch"): _Chumpy,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
        ("torch.storage", "_load_from_bytes"): _Storage,
        ("collections", "OrderedDict"): _Hooks,
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


class Unpickler(pickle.Unpickler):
    """Builds stand-ins; `plain` turns them into arrays."""

    def find_class(self, module: str, name: str) -> Any:
        """Look a name up in the table.

        Raises:
            Refused: it is not there.
        """
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise Refused(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        """Refuse what the file does not hold.

        Raises:
            Refused: always.
        """
        raise Refused("an object kept outside the file")


def unboxed(value: Any) -> Any:
    """What an array of no dimension holds (numpy wraps any object in one to save it); other values as they are."""
    return value.boxed if isinstance(value, _Array) and value.value is None else value


def plain(value: Any) -> Any:
    """Turn stand-ins into arrays, in dicts, lists and tuples too.

    Raises:
        ValueError: there is anything but these, text and numbers. Damaged files bring other exceptions too.
    """
    return _plain(value, {})


def _plain(value: Any, done: dict[int, Any]) -> Any:
    # Each once, however often the file names it: lists of lists of lists would never end.
    if id(value) not in done:
        done[id(value)] = _converted(value, done)
    return done[id(value)]


def _converted(value: Any, done: dict[int, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part, done) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(part, done) for part in value)
    if isinstance(value, _Array):
        if value.value is None:
            raise ValueError("an array of objects" if value.boxed is not None else "an array without numbers")
        return value.value
    if isinstance(value, _Chumpy):
        return _plain(value.state["x"], done)
    if isinstance(value, _Sparse):
        return _sparse(value, done)
    if value is None or isinstance(value, str | bytes | bool | int | float | np.generic):
        return value
    raise ValueError(f"an object of type {type(value).__name__.lstrip('_')}")


def _sparse(matrix: _Sparse, done: dict[int, Any]) -> sp.csc_matrix:
    state = {key: _plain(part, done) for key, part in matrix.state.items()}
    shape = state["_shape"] if "_shape" in state else state["shape"]
    if matrix.layout == "coo":
        row, column = (state["row"], state["col"]) if "row" in state else state["coords"]
        return sp.csc_matrix(sp.coo_matrix((state["data"], (row, column)), shape))
    build = {"csc": sp.csc_matrix, "csr": sp.csr_matrix}[matrix.layout]
    built = build((state["data"], state["indices"], state["indptr"]), shape)
    built.check_format(full_check=True)
    return sp.csc_matrix(built)
