"""Writing files whole or not at all."""

import errno
import os
import secrets
import shutil
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
        raise _cannot_write(target, error) from error
    finally:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty temporary folder to fill; it takes the name `path` when the block ends well.

    What was at `path` stays as it was until then, and for good when the block raises. Then it is replaced as a whole:
    no file of it is left beside the new ones.

    Args:
        path: the folder to write.

    Raises:
        OutputError: it cannot be written, the disk is full, or `path` is a file.
    """
    target = Path(path)
    temporary, old = (target.with_name(f".{target.name}.{kind}.{secrets.token_hex(4)}") for kind in ("new", "old"))
    try:
        if target.exists() and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "there is a file of that name")
        temporary.mkdir(parents=True)
        yield temporary
        # A folder cannot be renamed onto another: for a moment, neither is there.
        if target.exists():
            os.replace(target, old)
        os.replace(temporary, target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        if old.exists() and not target.exists():
            os.replace(old, target)
        for leftover in (temporary, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _cannot_write(target: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write {target}: {error.strerror or error}", "check the folder's permissions and free space"
    )


def _flush(path: Path) -> None:
    # Without it a power cut can leave the new name on an empty file.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
