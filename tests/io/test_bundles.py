"""Files of a folder appear together or not at all; reports survive what is not JSON."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest

from manyfaces.core.errors import OutputError
from manyfaces.io import atomic
from manyfaces.io.bundles import write_bundle
from manyfaces.io.report_files import read_report, report_text


def test_all_files_are_written(tmp_path):
    write_bundle(tmp_path / "deep" / "er", {"a.bin": b"1", "b.txt": b"22"})
    assert {p.name: p.read_bytes() for p in (tmp_path / "deep" / "er").iterdir()} == {"a.bin": b"1", "b.txt": b"22"}


def test_names_are_given_in_order(tmp_path, monkeypatch):
    given = []
    real = atomic.os.replace

    def watched(source, target):
        given.append(target.name)
        real(source, target)

    monkeypatch.setattr(atomic.os, "replace", watched)
    write_bundle(tmp_path, {"first": b"", "second": b"", "report": b""})
    assert given == ["first", "second", "report"]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_one_that_cannot_be_written_stops_all(tmp_path, names):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_bundle(tmp_path, dict.fromkeys(names, b"new"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_disk_that_fills_up_while_writing_stops_all(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")
    real, calls = Path.write_bytes, []

    def filling(self, content):
        calls.append(self)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, content)

    monkeypatch.setattr(Path, "write_bytes", filling)
    with pytest.raises(OutputError, match="No space left"):
        write_bundle(tmp_path, {"a": b"new", "b": b"new"})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"old"}


def test_report_round_trip(tmp_path):
    values = {"array": np.arange(3), "scalar": np.float32(0.5), "nan": float("nan"), "nested": [{"é": (1, 2)}]}
    path = tmp_path / "report.json"
    path.write_text(report_text(values), encoding="utf-8")
    assert read_report(path) == {
        "format": 1,
        "array": [0, 1, 2],
        "scalar": 0.5,
        "nan": None,
        "nested": [{"é": [1, 2]}],
    }


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 99}', b"\xff\xfe", json.dumps("x").encode()])
def test_what_is_no_report_reads_as_none(tmp_path, content):
    path = tmp_path / "report.json"
    path.write_bytes(content)
    assert read_report(path) is None
    assert read_report(tmp_path / "absent.json") is None
    assert read_report(tmp_path) is None
