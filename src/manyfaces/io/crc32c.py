"""CRC-32C (Castagnoli; RFC 3720, appendix B.4), compiled.

Imported only when it is used: numba alone takes a third of a second.
"""

from typing import no_type_check

import numpy as np

from manyfaces.core.compiling import compiled

_REVERSED_POLYNOMIAL = 0x82F63B78


def _table() -> np.ndarray:
    rows = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        rows = np.where(rows & 1, (rows >> 1) ^ np.uint32(_REVERSED_POLYNOMIAL), rows >> 1)
    return rows


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The checksum of some bytes."""
    return int(_walk(np.frombuffer(data, np.uint8), _TABLE))


@compiled
@no_type_check
def _walk(data, table):
    crc = np.uint32(0xFFFFFFFF)
    for byte in data:
        crc = table[(crc ^ byte) & np.uint32(0xFF)] ^ (crc >> np.uint32(8))
    return crc ^ np.uint32(0xFFFFFFFF)
