"""Several files of one folder, written together: all of them, or none."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from manyfaces.core.errors import OutputError
from manyfaces.io.atomic import atomic_path


def write_bundle(folder: str | Path, files: Mapping[str, bytes]) -> None:
    """Write files beside each other; what was there stays untouched unless all of them can be written.

    Every byte is on the disk under a temporary name before the first file gets its own. The names are given out in
    order, so a file that says "complete" belongs last.

    Args:
        folder: made if missing.
        files: contents by file name.

    Raises:
        OutputError: the folder cannot be written or the disk is full.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"cannot write into {folder}: it is a file", "choose another output folder")
    for name in files:
        if (folder / name).is_dir():
            raise OutputError(f"cannot write {folder / name}: it is a folder", "move it away")
    with ExitStack() as stack:
        # An exit stack unwinds from its end: what is entered first gets its name last.
        for name, content in reversed(list(files.items())):
            stack.enter_context(atomic_path(folder / name)).write_bytes(content)
