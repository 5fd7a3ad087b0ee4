"""Read torch tensors out of a pickle without torch and without running anything.

A tensor inside a plain pickle (as `numpy.save` writes a dict of tensors) is a call to rebuild it from a storage, and
the storage is a blob of five small pickles with the numbers after them: torch's file format from before version 1.6,
which it still uses here.
"""

import io
import math
import pickle
import struct
from typing import Any

import numpy as np

_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
_MAGIC = 0x1950A86A20F9469CFC6C


class Refused(Exception):
    """A pickle names something that is not in the table of what may be read."""


class _Unpickler(pickle.Unpickler):
    """Reads the small pickles of a storage: plain values, and the kind of its numbers."""

    def find_class(self, module: str, name: str) -> str:
        if module != "torch" or name not in _STORAGES:
            raise Refused(f"{module}.{name}")
        return _STORAGES[name]

    def persistent_load(self, pid: Any) -> Any:
        return pid


def storage(raw: Any) -> np.ndarray:
    """Numbers of a storage.

    Args:
        raw: the bytes a tensor's pickle hands to torch.

    Raises:
        Refused: it names anything but a kind of numbers.
        ValueError: it is damaged or of another format. Other exceptions of `pickle` may come too.
    """
    if not isinstance(raw, bytes | bytearray):
        raise ValueError("a tensor without bytes")
    file = io.BytesIO(raw)
    magic, _version, system, described, keys = (_Unpickler(file).load() for _ in range(5))
    if magic != _MAGIC or not isinstance(system, dict) or not system.get("little_endian", True):
        raise ValueError("a tensor of unknown format")
    if not isinstance(described, tuple) or len(described) < 5 or described[0] != "storage":
        raise ValueError("a tensor of unknown format")
    kind, key, n_numbers = described[1], described[2], described[4]
    if keys != [key] or kind not in _STORAGES.values() or described[5:] not in ((), (None,)):
        raise ValueError("a tensor of unknown format")
    (said,) = struct.unpack("<q", file.read(8))
    if said != n_numbers or said < 0:
        raise ValueError("a tensor whose size is told twice, differently")
    return np.frombuffer(raw, kind, said, file.tell())


def tensor(numbers: Any, offset: Any, size: Any, stride: Any) -> np.ndarray:
    """The part of a storage that a tensor shows.

    Args:
        numbers: the storage.
        offset: of the first number.
        size: of the tensor.
        stride: how many numbers lie between neighbours, for each dimension.

    Raises:
        ValueError: they do not fit each other.
    """
    plain = isinstance(numbers, np.ndarray) and isinstance(size, tuple) and isinstance(stride, tuple)
    if not plain or len(size) != len(stride) or any(type(n) is not int or n < 0 for n in (offset, *size, *stride)):
        raise ValueError("a tensor of unknown layout")
    n_numbers = math.prod(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if n_numbers and (n_numbers > len(numbers) or last >= len(numbers)):
        raise ValueError("a tensor larger than its numbers")
    steps = [step * numbers.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, steps).copy() if n_numbers else np.zeros(size)
