"""Landmarks beside meshes: arrays and text, never a pickle."""

from pathlib import Path

import numpy as np
import pytest

from manyfaces.core.errors import DataError
from manyfaces.io.landmark_files import read_landmarks

POINTS = np.arange(21, dtype=np.float32).reshape(7, 3) / 8


@pytest.mark.parametrize("array", [POINTS, POINTS[None], POINTS.astype(np.float64), np.asfortranarray(POINTS)])
def test_arrays(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(read_landmarks(tmp_path / "a.npy", 7), POINTS)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_text(tmp_path: Path, ending: str) -> None:
    lines = [" ".join(map(str, point)) for point in POINTS.tolist()]
    (tmp_path / "a.txt").write_bytes((ending.join(lines) + ending * 2).encode())
    np.testing.assert_array_equal(read_landmarks(tmp_path / "a.txt", 7), POINTS)


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (POINTS[:6], r"shape \(6, 3\)"),
        (POINTS.T, r"shape \(3, 7\)"),
        (np.stack([POINTS, POINTS]), r"shape \(2, 7, 3\)"),
        (np.where(POINTS == 1, np.nan, POINTS), "not finite"),
        (POINTS.astype(str), "no array of numbers"),
        (np.array([{"a": 1}], object), "holds no landmarks"),
    ],
)
def test_arrays_that_are_refused(tmp_path: Path, array: np.ndarray, says: str) -> None:
    np.save(tmp_path / "odd.npy", array)
    with pytest.raises(DataError, match=says) as caught:
        read_landmarks(tmp_path / "odd.npy", 7)
    assert str(tmp_path / "odd.npy") in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 3\n4 5\n", "holds no landmarks"),
        ("1 2 3\n", r"shape \(1, 3\)"),
        ("a b c\n", "holds no landmarks"),
        ("", r"shape \(0,\)"),
    ],
)
def test_text_that_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "odd.txt").write_text(text)
    with pytest.raises(DataError, match=says) as caught:
        read_landmarks(tmp_path / "odd.txt", 7)
    assert str(tmp_path / "odd.txt") in caught.value.message


@pytest.mark.parametrize("name", ["none.npy", "none.txt"])
def test_no_such_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_landmarks(tmp_path / name, 7)
