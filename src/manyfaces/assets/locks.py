"""One process at a time: two that write the same file would leave neither's."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manyfaces.core.errors import AssetError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Keep other processes from fetching the same file; the system lets go of it however this one ends.

    Args:
        path: the file that is fetched.

    Raises:
        AssetError: another process is at it.
        OSError: the folder cannot be written.
    """
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise AssetError(f"another process is fetching {path.name} right now", "wait for it to end") from error
        yield
    finally:
        os.close(descriptor)
