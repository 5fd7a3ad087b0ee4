"""TFRecord files and Example messages: published vectors, a writer of its own, damage."""

import struct
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyfaces.core.errors import DataError
from manyfaces.io.crc32c import crc32c
from manyfaces.io.tf_examples import parse_example
from manyfaces.io.tf_records import masked_crc32c, open_tf_records, stream_tf_records


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(reversed(range(32))), 0x113FDB5C),
        (b"123456789", 0xE3069283),
    ],
)
def test_checksums_of_rfc_3720(data: bytes, crc: int, records_stand_in: ModuleType) -> None:
    assert crc32c(data) == crc
    assert struct.pack("<I", masked_crc32c(data)) == records_stand_in.masked(data)


def test_an_empty_record(records_stand_in: ModuleType, tmp_path: Path) -> None:
    # Known bytes, so that reader and writer cannot be wrong together.
    known = bytes.fromhex("0000000000000000 29039807 d8ea82a2")
    assert records_stand_in.record(b"") == known
    (path := tmp_path / "empty").write_bytes(known)
    assert list(stream_tf_records(path)) == [b""]


CONTENTS = [b"first", b"", bytes(range(256)) * 40]


@pytest.fixture
def file(records_stand_in: ModuleType, tmp_path: Path) -> Path:
    return records_stand_in.write_records(tmp_path / "some.tfrecord-00000-of-00001", CONTENTS)


def test_in_any_order_and_in_order(file: Path) -> None:
    records = open_tf_records(file)
    assert [records.read(row) for row in (2, 0, 1)] == [CONTENTS[k] for k in (2, 0, 1)]
    assert list(stream_tf_records(file)) == CONTENTS
    assert len(records) == 3
    (empty := file.with_name("empty")).touch()
    assert len(open_tf_records(empty)) == 0


@pytest.mark.parametrize("kept", [5, 12, 14, 22, 30, 40, 2000, -1])
def test_a_file_that_was_cut(file: Path, kept: int) -> None:
    raw = file.read_bytes()
    file.write_bytes(raw[:kept])
    starts = [0, 21, 37]
    at = max(start for start in starts if start < len(raw[:kept]))
    wanted = rf"of-00001 is cut off: it ends within the record at byte {at}\b"
    with pytest.raises(DataError, match=wanted):
        open_tf_records(file)
    with pytest.raises(DataError, match=wanted):
        list(stream_tf_records(file))


def every_record(file: Path) -> list[bytes]:
    records = open_tf_records(file)
    return [records.read(row) for row in range(len(records))]


@pytest.mark.parametrize(("byte", "start"), [(38, 37), (46, 37), (60, 37), (16, 0), (-1, 37)])
def test_one_wrong_bit_anywhere(file: Path, byte: int, start: int) -> None:
    raw = bytearray(file.read_bytes())
    raw[byte] ^= 4
    file.write_bytes(raw)
    with pytest.raises(DataError, match=rf"of-00001 is damaged.*at byte {start}\b"):
        list(stream_tf_records(file))
    with pytest.raises(DataError, match=rf"of-00001 is damaged.*at byte {start}\b"):
        every_record(file)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read .*gone"):
        open_tf_records(tmp_path / "gone")


NAMES = st.text(max_size=8)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32, allow_nan=False)
VALUES = st.one_of(st.binary(max_size=300), *(st.lists(v, min_size=1, max_size=4) for v in (INTEGERS, FLOATS)))


@given(st.dictionaries(NAMES, VALUES))
def test_examples_come_back(records_stand_in: ModuleType, features: dict) -> None:
    wanted = {k: (v,) if isinstance(v, bytes) else tuple(v) for k, v in features.items()}
    assert parse_example(records_stand_in.example(wanted), "it") == wanted


def test_numbers_that_are_not_packed_and_fields_that_are_new(records_stand_in: ModuleType) -> None:
    w = records_stand_in
    integers = w.field(3, b"".join(w.varint(1 << 3) + w.varint(n) for n in (7, -3)))
    floats = w.field(2, b"".join(w.varint(1 << 3 | 5) + struct.pack("<f", n) for n in (0.5, -2)))
    new = w.varint(9 << 3 | 1) + bytes(8) + w.field(8, b"new")
    values = {b"i": new + integers, b"f": new + floats, b"none": b""}
    entries = (w.field(1, w.field(1, name) + w.field(2, value)) for name, value in values.items())
    found = parse_example(new + w.field(1, b"".join(entries)), "it")
    assert found == {"i": (7, -3), "f": (0.5, -2.0), "none": ()}


@pytest.mark.parametrize(
    "message", [b"\x0a\x05abc", b"\x0b", b"\xff" * 11, b"\x0a\x04\x0a\x02\x12\x00"]
)  # the last: no name
def test_what_is_no_example(message: bytes) -> None:
    with pytest.raises(DataError, match=r"record 3 holds no tf\.train\.Example"):
        parse_example(message, "record 3")
