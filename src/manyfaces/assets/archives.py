"""Taking named files out of an archive that somebody else made.

Nothing in an archive is believed: neither its names (files land flat in one folder, under their last name only), nor
its kinds (links, devices and encrypted entries are refused), nor its sizes (counted while writing).
"""

import fnmatch
import gzip
import lzma
import secrets
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from manyfaces.core.errors import AssetError

MAX_ENTRIES = 10_000
MAX_BYTES = 4 * 1024**3
"""Of all files taken out together."""

_CHUNK = 1024 * 1024
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError),
    *(EOFError, NotImplementedError),
)


@dataclass(frozen=True)
class _Entry:
    """One file of an archive, of whichever kind."""

    name: str
    regular: bool
    open: Callable[[], IO[bytes] | None]

    @property
    def last_name(self) -> str:
        return PurePosixPath(self.name.replace("\\", "/")).name


def unpack(archive: Path, patterns: tuple[str, ...], folder: Path) -> list[Path]:
    """Put the files of an archive whose last name fits a pattern into a folder: all of them, or none.

    Args:
        archive: a zip, or a tar of any compression.
        patterns: as in a shell, without regard to upper and lower case.
        folder: takes the place of one that was there before.

    Returns:
        The files, sorted.

    Raises:
        AssetError: it is no archive, is damaged, holds nothing that fits, or something that is refused.
        OSError: the folder cannot be written.
    """
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    temporary.mkdir(parents=True)
    try:
        with _entries(archive) as entries:
            _take(archive, _chosen(archive, entries, patterns), temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.replace(folder)
    except _DAMAGE as error:
        raise AssetError(f"{archive.name} is not a whole archive: {error}", "fetch it again") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return sorted(folder.iterdir())


def _chosen(archive: Path, entries: Iterator[_Entry], patterns: tuple[str, ...]) -> list[_Entry]:
    chosen: dict[str, _Entry] = {}
    for count, entry in enumerate(entries):
        if count >= MAX_ENTRIES:
            raise _refused(archive, f"more than {MAX_ENTRIES} entries")
        if not any(fnmatch.fnmatch(entry.last_name.lower(), pattern.lower()) for pattern in patterns):
            continue
        # What macOS puts beside each file: same name, no content of use.
        if entry.last_name.startswith("._"):
            continue
        if not entry.regular:
            raise _refused(archive, f"{entry.name!r}, which is a link or no plain file")
        parts = PurePosixPath(entry.name.replace("\\", "/")).parts
        if ".." in parts or entry.name.startswith(("/", "\\")) or ":" in entry.name:
            raise _refused(archive, f"{entry.name!r}, which points outside")
        if entry.last_name in chosen:
            raise _refused(archive, f"two files named {entry.last_name!r}")
        chosen[entry.last_name] = entry
    if not chosen:
        raise AssetError(f"{archive.name} holds no {' or '.join(patterns)}", "it may be another file than it should be")
    return list(chosen.values())


def _take(archive: Path, entries: list[_Entry], folder: Path) -> None:
    left = MAX_BYTES
    for entry in entries:
        source = entry.open()
        if source is None:
            raise _refused(archive, f"{entry.name!r}, which cannot be opened")
        with source, (folder / entry.last_name).open("xb") as target:
            while piece := source.read(_CHUNK):
                left -= len(piece)
                if left < 0:
                    raise _refused(archive, f"more than {MAX_BYTES // 1024**3} GB")
                target.write(piece)


@contextmanager
def _entries(archive: Path) -> Iterator[Iterator[_Entry]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            yield (_zip_entry(opened, info) for info in opened.infolist() if not info.is_dir())
    else:
        with tarfile.open(archive) as opened:
            yield (_tar_entry(opened, info) for info in opened if not info.isdir())


def _zip_entry(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Entry:
    kind = stat.S_IFMT(info.external_attr >> 16)  # zero where the archive comes from a system without such kinds
    encrypted = bool(info.flag_bits & 1)
    return _Entry(info.filename, kind in (0, stat.S_IFREG) and not encrypted, lambda: opened.open(info))


def _tar_entry(opened: tarfile.TarFile, info: tarfile.TarInfo) -> _Entry:
    return _Entry(info.name, info.isreg(), lambda: opened.extractfile(info))


def _refused(archive: Path, what: str) -> AssetError:
    return AssetError(f"{archive.name} holds {what}; nothing was taken out of it", "do not use it")
