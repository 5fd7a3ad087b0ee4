import json
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from manyfaces.core.errors import DataError
from manyfaces.io.annotations import (
    read_coco,
    read_dlib_xml,
    read_ljson,
    read_mat,
    read_mat_pictures,
    read_points,
    read_pts,
)

POINTS = [[0.0, 1.0], [2.5, -3.0], [4.0, 5.0]]
"""x, y, 0-based."""
YX = [[1.0, 0.0], [-3.0, 2.5], [5.0, 4.0]]


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\nn_points: 3\n{\n1 2\n3.5 -2\n5 6\n}\n",
        "version: 1\r\nn_points:  3\r\n{\r\n1.000 2.000\r\n3.5 -2.0\r\n5 6\r\n}\r\n",
        "n_points: 3\nversion: 1\n{\n1 2 \n3.5\t-2\n\n5 6\n}",
        "1 2\n3.5 -2\n5 6",
    ],
)
def test_pts_counts_from_1(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.pts"
    path.write_bytes(text.encode())
    assert read_points(path) == pytest.approx(np.array(POINTS))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1\nn_points: 3\n{\n1 2\n", "never closed"),
        ("version: 1\nn_points: 3\n{\n1 2\n}", "says it holds 3 points, and holds 1"),
        ("version: 1\n{\n1 2\n}", "no n_points"),
        ("1 2 3\n", "no .pts file"),
        ("one two\n", "no .pts file"),
        ("", "holds 0"),
        ("inf 2\n", "point 0 is not finite"),
    ],
)
def test_damaged_pts_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.pts"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_pts(path)
    assert "a.pts" in caught.value.message
    with pytest.raises(DataError, match="cannot read"):
        read_pts(tmp_path / "none.pts")


@pytest.mark.parametrize(
    "content",
    [
        {"version": 1, "groups": [{"label": "PTS", "landmarks": [{"point": p} for p in YX]}]},
        {"version": 2, "labels": [], "landmarks": {"points": YX, "connectivity": []}},
        {"version": 3, "groups": {"all": {"landmarks": {"points": [[0, 0]]}}, "PTS": {"landmarks": {"points": YX}}}},
        {"version": 3, "groups": {"other": {"landmarks": {"points": YX}}}},
    ],
)
def test_ljson_is_y_x_from_0(tmp_path: Path, content: dict) -> None:
    path = tmp_path / "a.ljson"
    path.write_text(json.dumps(content))
    assert read_points(path) == pytest.approx(np.array(POINTS))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"groups": {}}', '{"groups": []}', '{"landmarks": {"points": [1, 2]}}', '{"landmarks": 3}'],
)
def test_damaged_ljson_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.ljson"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.ljson"):
        read_ljson(path)


def test_a_missing_point_of_ljson_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ljson"
    path.write_text(json.dumps({"version": 2, "landmarks": {"points": [[1, 2], [None, None]]}}))
    with pytest.raises(DataError, match=r"a\.ljson: point 1 is not finite"):
        read_ljson(path)


@given(st.binary(max_size=200))
def test_no_bytes_break_a_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("wild")
    for read, name in ((read_pts, "a.pts"), (read_ljson, "a.ljson"), (read_dlib_xml, "a.xml"), (read_coco, "a.json")):
        (folder / name).write_bytes(content)
        with suppress(DataError):
            read(folder / name)
    (folder / "a.mat").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.mat"):
        read_mat(folder / "a.mat", ("x",))


def xml(parts: str, box: str = "top='4' left='3' width='10' height='20'") -> str:
    return f"<dataset><images><image file='x/a.jpg'><box {box}>{parts}</box></image></images></dataset>"


def test_dlib_orders_parts_by_number(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(xml("<part name='01' x='5' y='6'/><part name='00' x='1' y='2'/>"))
    [face] = read_dlib_xml(path)
    assert face.file == "x/a.jpg"
    assert face.points_px.tolist() == [[1, 2], [5, 6]]
    assert face.box_px is not None
    assert face.box_px.tolist() == [3, 4, 13, 24]
    assert face.visible is None


def test_dlib_boxes_without_points_are_no_faces(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(xml(""))
    assert read_dlib_xml(path) == ()
    path.write_text(xml("<part name='00' x='1' y='2'/>", "ignore='1' top='4' left='3' width='10' height='20'"))
    assert read_dlib_xml(path) == ()


@pytest.mark.parametrize(
    "text",
    [
        "<dataset><images>",
        xml("<part name='00' x='1' y='2'/><part name='02' x='1' y='2'/>"),
        xml("<part name='00' x='1' y='2'/><part name='00' x='1' y='2'/>"),
        xml("<part name='00' x='1'/>"),
        xml("<part name='00' x='one' y='2'/>"),
        xml("<part name='00' x='nan' y='2'/>"),
        xml("<part name='00' x='1' y='2'/>", ""),
    ],
)
def test_damaged_dlib_list_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.xml"):
        read_dlib_xml(path)


def coco(*keypoints: list[float], **face: object) -> str:
    faces = [{"image_id": 5, "keypoints": k, "bbox": [3, 4, 10, 20], **face} for k in keypoints]
    return json.dumps({"images": [{"id": 5, "file_name": "a.jpg"}], "annotations": faces})


def test_coco_says_what_is_visible_only_where_it_tells_points_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(coco([1, 2, 1, 5, 6, 2]))
    [face] = read_coco(path)
    assert face.points_px.tolist() == [[1, 2], [5, 6]]
    assert face.visible is not None
    assert face.visible.tolist() == [False, True]
    assert face.box_px is not None
    assert face.box_px.tolist() == [3, 4, 13, 24]
    path.write_text(coco([1, 2, 1, 5, 6, 1], bbox=None))
    [face] = read_coco(path)
    assert face.visible is None
    assert face.box_px is None


@pytest.mark.parametrize("text", ["", "{}", coco([1, 2]), coco([1, 2, 0]), coco([1, 2, 1], image_id=6), "[]"])
def test_damaged_coco_list_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"a\.json"):
        read_coco(path)


def test_mat_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    savemat(path, {"a": np.arange(6).reshape(2, 3), "b": "words"}, do_compression=True)
    assert read_mat(path, ("a",))["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(DataError, match=r"a\.mat holds no c"):
        read_mat(path, ("a", "c"))
    with pytest.raises(DataError, match=r"a\.mat: b is no array of numbers"):
        read_mat(path, ("b",))
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(DataError, match=r"a\.mat is damaged"):
        read_mat(path, ("a",))
    with pytest.raises(DataError, match=r"cannot read .*none\.mat"):
        read_mat(tmp_path / "none.mat", ("a",))


def test_mat_cells_that_are_no_pictures(tmp_path: Path) -> None:
    cells = np.empty((2, 1), object)
    cells[0, 0], cells[1, 0] = np.zeros((4, 5), np.uint8), np.zeros((4, 5))
    savemat(tmp_path / "a.mat", {"cells": cells, "array": np.zeros((4, 5), np.uint8)})
    [grey] = read_mat_pictures(tmp_path / "a.mat", "cells", [0])
    assert grey.shape == (4, 5, 3)
    with pytest.raises(DataError, match=r"cells\{2\} is no picture"):
        list(read_mat_pictures(tmp_path / "a.mat", "cells", [1]))
    with pytest.raises(DataError, match="has 2 cells, number 3"):
        list(read_mat_pictures(tmp_path / "a.mat", "cells", [2]))
    with pytest.raises(DataError, match="array is no cell array"):
        list(read_mat_pictures(tmp_path / "a.mat", "array", [0]))


V73 = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM" + 512 * b"\0"
"""The head of a file of version 7.3: the rest is HDF5."""


def test_mat_73_without_h5py_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "a.mat").write_bytes(V73)
    with pytest.raises(DataError, match="pip install h5py"):
        read_mat(tmp_path / "a.mat", ("a",))


class FakeHdf5(dict):
    """As h5py shows MATLAB's file: columns as rows, cells as references into it."""

    closed = 0

    def close(self) -> None:
        FakeHdf5.closed += 1


def test_mat_73_through_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    content = FakeHdf5(a=np.array([[1.0, 2.0]]).T, IsT=np.array([["#1", "#2"]], object))
    content.update({"#1": image.T, "#2": image[..., 0].T})
    monkeypatch.setitem(sys.modules, "h5py", SimpleNamespace(File=lambda path, mode: content))
    path = tmp_path / "a.mat"
    path.write_bytes(V73)
    assert read_mat(path, ("a",))["a"].tolist() == [[1.0, 2.0]]
    colour, grey = read_mat_pictures(path, "IsT", [0, 1])
    assert (colour == image).all()
    assert (grey == image[..., :1]).all()
    with pytest.raises(DataError, match="holds no b"):
        read_mat(path, ("b",))
    assert FakeHdf5.closed == 3
