"""Writes TFRecord files as the formats' descriptions have them, bit by bit; no code is shared with the reader."""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path


def crc32c_bit_by_bit(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c_bit_by_bit(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32)


def record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + masked(length) + content + masked(content)


def write_records(path: Path, contents: Iterable[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(record(content) for content in contents))
    return path


def varint(number: int) -> bytes:
    number %= 2**64
    low = []
    while number > 127:
        low.append(number % 128 + 128)
        number //= 128
    return bytes([*low, number])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def feature(value: bytes | float | int | tuple) -> bytes:
    values = value if isinstance(value, tuple) else (value,)
    if all(isinstance(v, bytes) for v in values):
        return field(1, b"".join(field(1, v) for v in values))
    if all(isinstance(v, int) for v in values):
        return field(3, field(1, b"".join(varint(int(v)) for v in values)))
    return field(2, field(1, struct.pack(f"<{len(values)}f", *values)))


def example(features: Mapping[str, bytes | float | int | tuple]) -> bytes:
    entries = (field(1, field(1, name.encode()) + field(2, feature(value))) for name, value in features.items())
    return field(1, b"".join(entries))
