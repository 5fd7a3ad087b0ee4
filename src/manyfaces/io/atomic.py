"""Writing files whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manyfaces.core.errors import OutputError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name `path` when the block ends well.

    The temporary file lies in the same folder (made if missing), so that the rename cannot cross disks and readers
    see the old file or the new one, never a half. Its suffix is that of `path`, for writers that go by it. When the
    block raises, the temporary file is removed and what was at `path` stays as it was.

    Args:
        path: the file to write.

    Raises:
        OutputError: the folder cannot be written, the disk is full, or `path` is a directory.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Made here, not by the writer: an unwritable folder shows before any work is done.
        temporary.open("xb").close()
        yield temporary
        _flush(temporary)
        os.replace(temporary, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"cannot write {target}: {reason}", "check the folder's permissions and free space"
        ) from error
    finally:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    # Without it a power cut can leave the new name on an empty file.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
