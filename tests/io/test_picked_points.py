"""Picked points: by their names, under any header, refused in words that name the file."""

from pathlib import Path

import numpy as np
import pytest

from manyfaces.core.errors import DataError
from manyfaces.io.picked_points import read_picked_points

POINTS = np.array([[1.5, -2, 3], [0, 0.25, -1e-3], [7, 8, 9]])
SHORT_HEADER = "<!DOCTYPE PickedPoints>\n<PickedPoints>\n"
LONG_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE PickedPoints>\n<PickedPoints>\n <DocumentData>\n'
    '  <DateTime time="00:00:00" date="2000-01-01"/>\n  <User name="anybody"/>\n  <DataFileName name="scan.obj"/>\n'
    '  <templateName name="x"/>\n  <more/>\n\n </DocumentData>\n'
)


def content(header: str = LONG_HEADER, points: np.ndarray = POINTS, **changes: str) -> str:
    rows = [
        {"active": "1", "z": repr(float(z)), "name": str(k), "y": repr(float(y)), "x": repr(float(x))}
        for k, (x, y, z) in enumerate(points)
    ]
    rows[1].update(changes)
    lines = [" <point " + " ".join(f'{k}="{v}"' for k, v in row.items() if v) + "/>" for row in rows]
    return header + "\n".join(lines) + "\n</PickedPoints>\n"


@pytest.mark.parametrize("header", [SHORT_HEADER, LONG_HEADER, LONG_HEADER.replace("\n", ""), "<PickedPoints>"])
def test_points_under_any_header(tmp_path: Path, header: str) -> None:
    path = tmp_path / "scan.pp"
    path.write_text(content(header))
    np.testing.assert_array_equal(read_picked_points(path, 3), POINTS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (content(x="nan"), "not finite"),
        (content(y="inf"), "not finite"),
        (content(x="1,5"), "could not convert"),
        (content(z=""), "no coordinate z"),
        (content(active="0"), "was not picked"),
        (content(points=POINTS[:2]), "2 picked points, not 3"),
        (content(points=np.concatenate([POINTS, POINTS])), "6 picked points, not 3"),
        (content().replace("PickedPoints", "Project"), "begins with <Project>"),
        (content()[:-20], "damaged"),
        ("1 2 3\n4 5 6\n7 8 9\n", "damaged"),
        ("", "damaged"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "odd.pp"
    path.write_text(text)
    with pytest.raises(DataError, match=says) as caught:
        read_picked_points(path, 3)
    assert str(path) in caught.value.message


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.pp: No such file"):
        read_picked_points(tmp_path / "none.pp", 7)
