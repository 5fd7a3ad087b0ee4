"""Meshes as OBJ and PLY files: vertex order kept, metres, head frame.

Both formats are a few lines each, and writing them here spares the second that importing a mesh library takes; the
tests read the files back with one.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float, Integer, Num

PLY_INTENSITIES = 255


def obj_text(
    vertices: Float[np.ndarray, "V 3"],
    faces: Integer[np.ndarray, "F 3"],
    uv: Float[np.ndarray, "T 2"] | None = None,
    uv_faces: Integer[np.ndarray, "F 3"] | None = None,
    colours: Float[np.ndarray, "V 3"] | None = None,
    name: str = "face",
) -> str:
    """Write a mesh as Wavefront OBJ text.

    Args:
        vertices: metres.
        faces: vertex ids from 0.
        uv: texture coordinates, (0, 0) bottom left; seams are kept, for they have their own faces.
        uv_faces: ids into `uv` from 0, corner by corner with `faces`; needed with `uv`.
        colours: sRGB in [0, 1] behind each vertex, the extension that Blender and MeshLab read.
        name: of the object.

    Returns:
        The text, ids from 1 as the format has them.
    """
    if (uv is None) != (uv_faces is None):
        raise ValueError("uv and uv_faces go together")
    parts = [f"# manyfaces: metres; x to the subject's left, y up, z out of the face\no {name}\n"]
    if colours is None:
        parts.append(_lines("v %.7f %.7f %.7f\n", vertices))
    else:
        coloured = np.concatenate([vertices, np.clip(colours, 0.0, 1.0)], axis=1)
        parts.append(_lines("v %.7f %.7f %.7f %.4f %.4f %.4f\n", coloured))
    if uv is None or uv_faces is None:
        parts.append(_lines("f %d %d %d\n", faces + 1))
    else:
        parts.append(_lines("vt %.6f %.6f\n", uv))
        parts.append(_lines("f %d/%d %d/%d %d/%d\n", np.stack([faces, uv_faces], axis=-1).reshape(-1, 6) + 1))
    return "".join(parts)


def ply_bytes(
    vertices: Float[np.ndarray, "V 3"],
    faces: Integer[np.ndarray, "F 3"],
    colours: Float[np.ndarray, "V 3"] | None = None,
    normals: Float[np.ndarray, "V 3"] | None = None,
    unit: Literal["metres", "millimetres"] = "metres",
) -> bytes:
    """Write a mesh as binary little-endian PLY.

    Args:
        vertices: in `unit`.
        faces: vertex ids from 0.
        colours: sRGB in [0, 1], stored in 8 bits.
        normals: unit vectors.
        unit: of the vertices; the file's comment names it.

    Returns:
        The bytes of the file.
    """
    columns: list[tuple[str, str, Num[np.ndarray, " V"]]] = [
        (axis, "<f4", vertices[:, i]) for i, axis in enumerate("xyz")
    ]
    if normals is not None:
        columns += [(f"n{axis}", "<f4", normals[:, i]) for i, axis in enumerate("xyz")]
    if colours is not None:
        intensities = np.rint(np.clip(colours, 0.0, 1.0) * PLY_INTENSITIES)
        columns += [(channel, "u1", intensities[:, i]) for i, channel in enumerate(("red", "green", "blue"))]
    rows = np.empty(len(vertices), dtype=[(name, kind) for name, kind, _ in columns])
    for name, _, values in columns:
        rows[name] = values
    corners = np.empty(len(faces), dtype=[("count", "u1"), ("ids", "<i4", (3,))])
    corners["count"], corners["ids"] = 3, faces
    names = {"<f4": "float", "u1": "uchar"}
    header = ["ply", "format binary_little_endian 1.0", f"comment manyfaces: {unit}, head frame"]
    header += [f"element vertex {len(vertices)}", *(f"property {names[kind]} {name}" for name, kind, _ in columns)]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header", ""]
    return "\n".join(header).encode("ascii") + rows.tobytes() + corners.tobytes()


def _lines(pattern: str, rows: Num[np.ndarray, "R C"]) -> str:
    return (pattern * len(rows)) % tuple(rows.reshape(-1).tolist())
