"""Meshes of other programs: read in file order, refused in words."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from manyfaces.core.errors import DataError
from manyfaces.io.mesh_files import obj_text, ply_bytes
from manyfaces.io.mesh_reading import read_mesh

VERTICES = np.array([[0, 0, 0], [0.1, 0, 0.01], [0, 0.1, -0.02], [0.1, 0.1, 0.123456]], np.float32)
FACES = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
COLOURS = np.linspace(0, 1, 12, dtype=np.float32).reshape(4, 3)


def header(format_: str) -> str:
    lines = ["ply", f"format {format_} 1.0", "comment made by hand", "element vertex 4"]
    lines += [f"property double {axis}" for axis in "xyz"] + ["property uchar red", "element face 2"]
    return "\n".join([*lines, "property list uchar int vertex_index", "end_header", ""])


def hand_written(format_: str) -> bytes:
    if format_ == "ascii":
        rows = [" ".join(map(str, [*v, 7])) for v in VERTICES.astype(float)] + [f"3 {a} {b} {c}" for a, b, c in FACES]
        return (header(format_) + "\n".join(rows) + "\n").encode()
    order = ">" if "big" in format_ else "<"
    points = np.zeros(4, [("xyz", f"{order}f8", 3), ("red", "u1")])
    points["xyz"] = VERTICES
    corners = np.zeros(2, [("n", "u1"), ("ids", f"{order}i4", 3)])
    corners["n"], corners["ids"] = 3, FACES
    return header(format_).encode() + points.tobytes() + corners.tobytes()


@pytest.mark.parametrize("format_", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_every_kind_of_ply(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "mesh.ply"
    path.write_bytes(hand_written(format_))
    mesh = read_mesh(path)
    np.testing.assert_array_equal(mesh.vertices, VERTICES.astype(np.float64))
    np.testing.assert_array_equal(mesh.faces, FACES)


@pytest.mark.parametrize("colours", [None, COLOURS])
def test_what_this_package_writes(tmp_path: Path, colours: np.ndarray | None) -> None:
    (tmp_path / "a.ply").write_bytes(ply_bytes(VERTICES, FACES, colours))
    (tmp_path / "a.obj").write_text(obj_text(VERTICES, FACES, colours=colours))
    for name in ("a.ply", "a.obj"):
        mesh = read_mesh(tmp_path / name)
        np.testing.assert_allclose(mesh.vertices, VERTICES, atol=1e-7)
        np.testing.assert_array_equal(mesh.faces, FACES)


@pytest.mark.parametrize("name", ["b.ply", "b.obj"])
def test_what_another_library_writes(tmp_path: Path, name: str) -> None:
    trimesh.Trimesh(VERTICES, FACES, process=False).export(tmp_path / name)
    mesh = read_mesh(tmp_path / name)
    np.testing.assert_allclose(mesh.vertices, VERTICES, atol=1e-7)
    np.testing.assert_array_equal(mesh.faces, FACES)


def test_obj_corners_in_all_their_forms(tmp_path: Path) -> None:
    path = tmp_path / "c.obj"
    path.write_text("# v 9 9 9\nv 0 0 0\nv 1 0 0\r\nv 0 1 0\nvt 0 0\nvn 0 0 1\nf 1/1 2/1/1 3//1\nf -3 -2 -1\n")
    assert read_mesh(path).faces.tolist() == [[0, 1, 2], [0, 1, 2]]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("d.ply", b"nothing of the kind", "damaged or not a mesh"),
        ("d.ply", hand_written("binary_little_endian")[:-5], "damaged or not a mesh"),
        ("d.ply", hand_written("ascii")[:-9], "damaged or not a mesh"),
        ("d.obj", b"f 1 2 3\n", "no vertices"),
        ("d.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0\nf 1 2 3 4\n", "three corners"),
        ("d.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "not there"),
        ("d.obj", b"v 0 0 nan\n", "not finite"),
        ("d.stl", b"", "give .ply or .obj"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        read_mesh(tmp_path / name)
    assert name in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read"):
        read_mesh(tmp_path / "none.ply")
