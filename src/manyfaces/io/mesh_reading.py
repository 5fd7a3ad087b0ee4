"""Read the vertices and triangles of OBJ and PLY files, in the order in which they are written.

Registrations are compared vertex by vertex, so nothing may be merged, sorted or dropped: the reason why no mesh library
is used here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int32

from manyfaces.core.errors import DataError

_PLY_TYPES = {
    **{"char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2", "ushort": "u2"},
    **{"uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4"},
    **{"float": "f4", "float32": "f4", "double": "f8", "float64": "f8"},
}
_PLY_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


@dataclass(frozen=True)
class MeshFile:
    """What a mesh file holds.

    Attributes:
        vertices: (V, 3) in the file's unit.
        faces: (F, 3) triangles, ids from 0; no rows in a file of points.
    """

    vertices: Float64[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]


def read_mesh(path: str | Path) -> MeshFile:
    """Read a mesh.

    Args:
        path: ends in .ply (ASCII or binary) or .obj; triangles only.

    Raises:
        DataError: there is no such file, it is damaged, of another format, or has other polygons than triangles.
    """
    path = Path(path)
    readers = {".ply": _read_ply, ".obj": _read_obj}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path} is no mesh file that can be read", "give .ply or .obj")
    try:
        return readers[path.suffix.lower()](path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise DataError(f"{path} is damaged or not a mesh: {error}", "download it again") from None


@dataclass(frozen=True)
class _Element:
    """A table of a PLY file: `columns` are (name, type) or, of a list, (name, type of the count, type of the items)."""

    name: str
    count: int
    columns: tuple[tuple[str, ...], ...]

    def row(self, order: str) -> np.dtype:
        """The type of one row, its list of three items."""
        fields: list[tuple] = []
        for name, *types in self.columns:
            kinds = [order + _PLY_TYPES[kind] for kind in types]
            fields += [(name, kinds[0])] if len(kinds) == 1 else [(f"{name} count", kinds[0]), (name, kinds[1], (3,))]
        return np.dtype(fields)

    def check(self, table: np.ndarray) -> None:
        """Refuse lists of other lengths: they were read as if they had three items."""
        counts = [table[f"{column[0]} count"] for column in self.columns if len(column) == 3]
        if any((count != 3).any() for count in counts):
            raise ValueError("it has polygons with more or fewer than three corners")


def _read_ply(raw: bytes) -> MeshFile:
    end = raw.index(b"end_header")
    at = raw.index(b"\n", end) + 1
    order, elements = _ply_header(raw[:end].decode("ascii", errors="replace"))
    words = raw[at:].split() if order == "" else []
    tables = {}
    for element in elements:
        row = element.row(order)
        if order == "":
            table, words = _ascii_table(words, element.count, row)
        else:
            table = np.frombuffer(raw, row, element.count, at)
            at += row.itemsize * element.count
        element.check(table)
        tables[element.name] = table
    return _mesh_of(tables)


def _ply_header(text: str) -> tuple[str, list[_Element]]:
    lines = [line.split() for line in text.splitlines()]
    if lines[0] != ["ply"]:
        raise ValueError("it does not begin like a PLY file")
    order, elements = None, []
    for words in lines[1:]:
        if words[:1] == ["format"]:
            order = _PLY_ORDERS[words[1]]
        elif words[:1] == ["element"]:
            elements.append(_Element(words[1], int(words[2]), ()))
        elif words[:1] == ["property"]:
            column = (words[4], words[2], words[3]) if words[1] == "list" else (words[2], words[1])
            last = elements[-1]
            elements[-1] = _Element(last.name, last.count, (*last.columns, column))
    if order is None:
        raise ValueError("its header names no format")
    return order, elements


def _ascii_table(words: list[bytes], count: int, row: np.dtype) -> tuple[np.ndarray, list[bytes]]:
    """The rows that the next words spell, and the words after them."""
    widths = [row[name].shape[0] if row[name].shape else 1 for name in row.names or ()]
    n_words = count * sum(widths)
    values = np.array(words[:n_words], np.float64).reshape(count, sum(widths))
    table, column = np.empty(count, row), 0
    for name, width in zip(row.names or (), widths, strict=True):
        part = values[:, column : column + width]
        table[name] = part if row[name].shape else part[:, 0]
        column += width
    return table, words[n_words:]


def _mesh_of(tables: dict[str, np.ndarray]) -> MeshFile:
    points = tables["vertex"]
    vertices = np.stack([points[axis].astype(np.float64) for axis in "xyz"], axis=-1)
    faces = np.zeros((0, 3), np.int32)
    if "face" in tables and len(tables["face"]):
        names = tables["face"].dtype.names or ()
        column = next(name for name in ("vertex_indices", "vertex_index") if name in names)
        faces = tables["face"][column].astype(np.int32)
    return _checked(vertices, faces)


def _read_obj(raw: bytes) -> MeshFile:
    # Vertices may carry a colour behind x y z; corners may be written v, v/vt, v//vn or v/vt/vn.
    points = re.findall(rb"^v[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)", raw, re.MULTILINE)
    polygons = [line.split()[1:] for line in re.findall(rb"^f[ \t][^\r\n]*", raw, re.MULTILINE)]
    if any(len(corners) != 3 for corners in polygons):
        raise ValueError("it has polygons with more or fewer than three corners")
    if not points:
        raise ValueError("it has no vertices")
    ids = [int(corner.split(b"/")[0]) for corners in polygons for corner in corners]
    faces = np.array(ids, np.int64).reshape(-1, 3)
    # Ids count from 1; negative ones from the end.
    faces = np.where(faces < 0, faces + len(points), faces - 1)
    return _checked(np.array(points, np.float64), faces.astype(np.int32))


def _checked(vertices: np.ndarray, faces: np.ndarray) -> MeshFile:
    if not np.isfinite(vertices).all():
        raise ValueError("it holds numbers that are not finite")
    if faces.size and (faces.min() < 0 or faces.max() >= len(vertices)):
        raise ValueError("its faces name vertices that are not there")
    return MeshFile(vertices, faces)
