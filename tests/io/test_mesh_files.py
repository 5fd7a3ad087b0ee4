"""OBJ and PLY written here are read back by an independent reader."""

import io

import numpy as np
import pytest
import trimesh

from manyfaces.io.mesh_files import obj_text, ply_bytes

VERTICES = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.01], [0.0, 0.1, -0.02], [0.1, 0.1, 0.123456]], dtype=np.float32)
FACES = np.array([[0, 1, 2], [1, 3, 2]], dtype=np.int64)
COLOURS = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.2, 0.4, 0.6], [1.0, 1.0, 1.0]], dtype=np.float32)
UV = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [0.6, 0.1], [1.0, 1.0], [0.1, 0.6]], dtype=np.float32)
UV_FACES = np.array([[0, 1, 2], [3, 4, 5]], dtype=np.int64)


def load(data, kind):
    return trimesh.load(io.BytesIO(data), file_type=kind, process=False, maintain_order=True)


def test_ply_round_trip():
    mesh = load(ply_bytes(VERTICES, FACES, COLOURS), "ply")
    np.testing.assert_array_equal(mesh.vertices.astype(np.float32), VERTICES)
    np.testing.assert_array_equal(mesh.faces, FACES)
    np.testing.assert_array_equal(mesh.visual.vertex_colors[:, :3], np.rint(COLOURS * 255))


def test_ply_with_normals_and_without_colours():
    normals = np.tile(np.array([[0.0, 0.0, 1.0]], dtype=np.float32), (4, 1))
    mesh = load(ply_bytes(VERTICES, FACES, normals=normals), "ply")
    np.testing.assert_array_equal(mesh.vertex_normals, normals)
    assert mesh.visual.kind is None


def test_obj_keeps_positions_and_colours():
    mesh = load(obj_text(VERTICES, FACES, colours=COLOURS).encode(), "obj")
    np.testing.assert_allclose(mesh.vertices, VERTICES, atol=1e-7)
    np.testing.assert_array_equal(mesh.faces, FACES)
    np.testing.assert_allclose(mesh.visual.vertex_colors[:, :3], COLOURS * 255, atol=1)


def test_obj_keeps_seams():
    text = obj_text(VERTICES, FACES, UV, UV_FACES)
    lines = text.splitlines()
    assert sum(line.startswith("v ") for line in lines) == 4
    assert sum(line.startswith("vt ") for line in lines) == 6
    assert [line for line in lines if line.startswith("f ")] == ["f 1/1 2/2 3/3", "f 2/4 4/5 3/6"]
    mesh = trimesh.load(io.BytesIO(text.encode()), file_type="obj", process=False)  # splits vertices at seams
    np.testing.assert_allclose(mesh.visual.uv[mesh.faces], UV[UV_FACES], atol=1e-6)
    np.testing.assert_allclose(mesh.vertices[mesh.faces], VERTICES[FACES], atol=1e-7)


def test_obj_wants_uv_faces_with_uv():
    with pytest.raises(ValueError, match="go together"):
        obj_text(VERTICES, FACES, uv=UV)
