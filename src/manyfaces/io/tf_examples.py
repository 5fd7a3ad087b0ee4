"""`tf.train.Example` messages: named lists of bytes, floats or integers, in protocol buffers' wire format.

```
Example  { 1: Features }      Features { 1: entry, repeated }    entry { 1: name; 2: Feature }
Feature  { 1: BytesList | 2: FloatList | 3: Int64List }          each list { 1: value, repeated }
```

Every field is a tag (number and wire type), then a value. Numbers come one by one or packed together, and both are read
alike, as the format demands: a field's bytes are numbers in a row, be it one. Unknown fields are stepped over.
"""

import struct
from collections.abc import Iterator

from manyfaces.core.errors import DataError

Feature = tuple[bytes, ...] | tuple[float, ...] | tuple[int, ...]

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_BYTES, _FLOATS, _INTEGERS = 1, 2, 3
_LONGEST_VARINT = 10


def parse_example(message: bytes, where: str) -> dict[str, Feature]:
    """Read a message.

    Args:
        message: as a record holds it.
        where: what it is, for errors.

    Returns:
        The values of every feature, by its name; often one, sometimes none.

    Raises:
        DataError: it is no such message.
    """
    try:
        entries = [dict(_fields(entry)) for part in _members(memoryview(message)) for entry in _members(part)]
        return {bytes(entry[1]).decode(): _values(entry.get(2, memoryview(b""))) for entry in entries}
    except (ValueError, KeyError, struct.error) as error:
        raise DataError(f"{where} holds no tf.train.Example: {error}", "get the file anew") from None


def _values(feature: memoryview) -> Feature:
    for kind, values in _fields(feature):
        if kind == _BYTES:
            return tuple(bytes(value) for value in _members(values))
        if kind == _FLOATS:
            return tuple(number for part in _members(values) for (number,) in struct.iter_unpack("<f", part))
        if kind == _INTEGERS:
            return tuple(number for part in _members(values) for number in _integers(part))
    return ()


def _members(message: memoryview) -> Iterator[memoryview]:
    """Every value of field 1, which all messages here keep their parts in."""
    return (value for number, value in _fields(message) if number == 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of every field of a message, in order; a number's bytes are as they are stored."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _VARINT:
            end = _varint(message, at)[1]
        elif wire_type == _DELIMITED:
            length, at = _varint(message, at)
            end = at + length
        elif wire_type in (_FIXED32, _FIXED64):
            end = at + (4 if wire_type == _FIXED32 else 8)
        else:
            raise ValueError(f"a field of wire type {wire_type}")
        if end > len(message):
            raise ValueError("it ends within a field")
        yield number, message[at:end]
        at = end


def _integers(values: memoryview) -> Iterator[int]:
    at = 0
    while at < len(values):
        number, at = _varint(values, at)
        yield number - (1 << 64) if number >> 63 else number  # two's complement


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    number = 0
    for place, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, at + place + 1
    raise ValueError("it ends within a number")
