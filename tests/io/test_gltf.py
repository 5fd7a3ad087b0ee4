"""The GLB is checked against the glTF 2.0 specification's rules and an independent reader."""

import io
import json
import struct

import numpy as np
import pytest
import trimesh

from manyfaces.io.gltf import MorphTarget, glb_bytes

TYPES = {5126: np.float32, 5125: np.uint32, 5123: np.uint16}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}


@pytest.fixture
def ball():
    sphere = trimesh.creation.icosphere(subdivisions=2, radius=0.1)
    vertices = np.asarray(sphere.vertices, dtype=np.float32)
    normals = (vertices / np.linalg.norm(vertices, axis=1, keepdims=True)).astype(np.float32)
    rng = np.random.default_rng(0)
    targets = [
        MorphTarget(f"face {i}", vertices + rng.normal(0, 0.01, vertices.shape).astype(np.float32), normals)
        for i in range(3)
    ]
    colours = rng.uniform(0, 1, vertices.shape).astype(np.float32)
    return vertices, normals, np.asarray(sphere.faces), targets, colours


def parse(data):
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    json_length, json_kind = struct.unpack("<I4s", data[12:20])
    assert json_kind == b"JSON"
    assert json_length % 4 == 0
    document = json.loads(data[20 : 20 + json_length])
    start = 20 + json_length
    binary_length, binary_kind = struct.unpack("<I4s", data[start : start + 8])
    assert binary_kind == b"BIN\0"
    assert binary_length % 4 == 0
    return document, data[start + 8 : start + 8 + binary_length]


def read(document, binary, accessor_id):
    accessor = document["accessors"][accessor_id]
    view = document["bufferViews"][accessor["bufferView"]]
    kind, width = TYPES[accessor["componentType"]], WIDTHS[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    assert start % 4 == 0
    values = np.frombuffer(binary, kind, accessor["count"] * width, start)
    assert values.nbytes == view["byteLength"]
    return values.reshape(-1, width) if width > 1 else values


def test_targets_are_named_and_exact(ball):
    vertices, normals, faces, targets, colours = ball
    document, binary = parse(glb_bytes(vertices, normals, faces, targets, colours))
    assert len(document["meshes"]) == 1
    mesh = document["meshes"][0]
    assert mesh["extras"]["targetNames"] == ["face 0", "face 1", "face 2"]
    assert mesh["weights"] == [0, 0, 0]
    primitive = mesh["primitives"][0]
    base = read(document, binary, primitive["attributes"]["POSITION"])
    np.testing.assert_array_equal(base, vertices)
    for target, stored in zip(targets, primitive["targets"], strict=True):
        np.testing.assert_allclose(base + read(document, binary, stored["POSITION"]), target.vertices, atol=1e-8)
        assert set(stored) == {"POSITION", "NORMAL"}


def test_position_bounds_are_those_of_the_stored_floats(ball):
    vertices, normals, faces, targets, _ = ball
    document, binary = parse(glb_bytes(vertices, normals, faces, targets))
    primitive = document["meshes"][0]["primitives"][0]
    for stored in (primitive["attributes"], *primitive["targets"]):
        accessor = document["accessors"][stored["POSITION"]]
        values = read(document, binary, stored["POSITION"])
        np.testing.assert_array_equal(np.float32(accessor["min"]), values.min(axis=0))
        np.testing.assert_array_equal(np.float32(accessor["max"]), values.max(axis=0))


def test_colours_are_stored_linear(ball):
    vertices, normals, faces, _, colours = ball
    colours = colours.copy()
    colours[0] = [0.0, 0.5, 1.0]
    document, binary = parse(glb_bytes(vertices, normals, faces, colours=colours))
    accessor_id = document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]
    assert document["accessors"][accessor_id]["normalized"] is True
    stored = read(document, binary, accessor_id)[0] / 65535
    np.testing.assert_allclose(stored, [0.0, 0.21404, 1.0, 1.0], atol=2e-5)


def test_an_independent_reader_opens_it(ball):
    vertices, normals, faces, targets, colours = ball
    scene = trimesh.load(io.BytesIO(glb_bytes(vertices, normals, faces, targets, colours)), file_type="glb")
    (mesh,) = scene.geometry.values()
    np.testing.assert_allclose(mesh.vertices, vertices, atol=1e-7)
    np.testing.assert_array_equal(mesh.faces, faces)


def test_without_targets_there_are_no_names(ball):
    vertices, normals, faces, _, _ = ball
    document, _ = parse(glb_bytes(vertices, normals, faces, extras={"model": "x"}))
    assert "extras" not in document["meshes"][0] or not document["meshes"][0]["extras"]
    assert document["asset"]["extras"] == {"model": "x"}
