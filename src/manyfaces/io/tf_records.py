"""TFRecord files: one record after the other, or any of them.

A record is its length (8 bytes, little-endian), a checksum of that (4), the content, a checksum of that (4). Checksums
are CRC-32C, turned right by 15 bits and moved by a constant. TensorFlow is not needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Int64

from manyfaces.core.errors import DataError

_LENGTH, _CHECKSUM = 8, 4
_HEADER = _LENGTH + _CHECKSUM
_MASK_DELTA = 0xA282EAD8
_AGAIN = "get the file anew"


@dataclass(frozen=True, eq=False)
class TfRecordFile:
    """A file of records that can be read in any order.

    Attributes:
        path: the file.
        offsets: where each record's content begins, bytes.
        lengths: of each content, bytes.
    """

    path: Path
    offsets: Int64[np.ndarray, " N"]
    lengths: Int64[np.ndarray, " N"]

    def __len__(self) -> int:
        """How many records there are."""
        return len(self.offsets)

    def read(self, row: int) -> bytes:
        """The content of a record; from any thread.

        Raises:
            DataError: it is damaged, or the file has gone.
        """
        offset, length = int(self.offsets[row]), int(self.lengths[row])
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return _content(self.path, file, offset, length)
        except OSError as error:
            raise _unreadable(self.path, error) from None


def open_tf_records(path: Path) -> TfRecordFile:
    """Find where the records of a file lie; contents are stepped over.

    Raises:
        DataError: there is no such file, it ends within a record, or a length is damaged.
    """
    offsets, lengths = [], []
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while (length := _length(path, file)) is not None:
                offset = file.tell()
                if offset + length + _CHECKSUM > size:
                    raise _cut_off(path, offset - _HEADER)
                offsets.append(offset)
                lengths.append(length)
                file.seek(length + _CHECKSUM, 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    return TfRecordFile(path, np.array(offsets, np.int64), np.array(lengths, np.int64))


def stream_tf_records(path: Path) -> Iterator[bytes]:
    """Read the contents of all records from front to back, one in memory at a time.

    Raises:
        DataError: there is no such file, or a record is damaged.
    """
    try:
        with path.open("rb") as file:
            while (length := _length(path, file)) is not None:
                yield _content(path, file, file.tell(), length)
    except OSError as error:
        raise _unreadable(path, error) from None


def masked_crc32c(data: bytes) -> int:
    """The checksum that TFRecord files hold of some bytes."""
    from manyfaces.io.crc32c import crc32c  # numba is slow to import

    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def _length(path: Path, file: BinaryIO) -> int | None:
    """Length of the record that begins here; None at the end of the file."""
    start, header = file.tell(), file.read(_HEADER)
    if not header:
        return None
    if len(header) < _HEADER:
        raise _cut_off(path, start)
    if masked_crc32c(header[:_LENGTH]) != int.from_bytes(header[_LENGTH:], "little"):
        raise DataError(f"{path} is damaged, or no TFRecord file: wrong checksum of the length at byte {start}", _AGAIN)
    return int.from_bytes(header[:_LENGTH], "little")


def _content(path: Path, file: BinaryIO, offset: int, length: int) -> bytes:
    content, checksum = file.read(length), file.read(_CHECKSUM)
    if len(content) < length or len(checksum) < _CHECKSUM:
        raise _cut_off(path, offset - _HEADER)
    if masked_crc32c(content) != int.from_bytes(checksum, "little"):
        raise DataError(f"{path} is damaged: wrong checksum of the record at byte {offset - _HEADER}", _AGAIN)
    return content


def _cut_off(path: Path, start: int) -> DataError:
    return DataError(f"{path} is cut off: it ends within the record at byte {start}", _AGAIN)


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"cannot read {path}: {error.strerror}")
