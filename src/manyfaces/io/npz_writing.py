"""Arrays into an .npz file, those that do not fit into memory some rows at a time."""

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from manyfaces.io.atomic import atomic_path


@dataclass(frozen=True)
class Rows:
    """An array that comes in parts.

    Attributes:
        shape: of the whole.
        dtype: of its values.
        parts: its rows, in order; taken once.
    """

    shape: tuple[int, ...]
    dtype: str
    parts: Iterable[np.ndarray]


def write_npz(path: str | Path, arrays: Mapping[str, np.ndarray | Rows]) -> None:
    """Write a compressed .npz file, whole or not at all.

    Args:
        path: the file.
        arrays: by name.

    Raises:
        OutputError: it cannot be written.
        ValueError: the parts of an array do not make up its shape.
    """
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file:
        for name, values in arrays.items():
            rows = values if isinstance(values, Rows) else Rows(values.shape, values.dtype.str, [values])
            _write(file, name, rows)


def _write(file: zipfile.ZipFile, name: str, rows: Rows) -> None:
    dtype, written = np.dtype(rows.dtype), 0
    header = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": rows.shape}
    # How long it becomes is not known beforehand; the file format has to leave room for more than 4 GB.
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        npy.write_array_header_1_0(member, header)  # pyright: ignore[reportArgumentType]
        for part in rows.parts:
            member.write(np.ascontiguousarray(part, dtype).tobytes())
            written += part.size
    if written != np.prod(rows.shape, dtype=int):
        raise ValueError(f"{name} got {written} values for the shape {rows.shape}")
