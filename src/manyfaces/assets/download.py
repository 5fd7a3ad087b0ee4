"""Bringing a file here, across cut connections and, by going on where it stopped, across tries."""

import re
import shutil
import time
from collections.abc import Callable, Iterable
from itertools import chain

import requests

from manyfaces.assets.http import CutError, Wanted, check, chunks, new_session, send, web_page
from manyfaces.assets.partial import Note, Partial
from manyfaces.core.errors import AssetError

OVERLAP = 16 * 1024
"""Bytes asked for twice when a download goes on: they show whether it is still the same file."""

TRIES = 5
"""Times in a row that a connection may break without a new byte."""

LIMIT = 16 * 1024**3
"""Bytes; no model file is larger, and an endless answer would fill the disk."""


def download(
    wanted: Wanted,
    partial: Partial,
    progress: Callable[[int, int | None], None],
) -> None:
    """Bring a file here, going on with what has arrived before if it is still the same file.

    When this raises, Ctrl-C included, what has arrived stays for the next call. Nothing is said about the content:
    that is the checksum's part.

    Args:
        wanted: which file.
        partial: where it arrives; complete when this returns.
        progress: told the bytes that are here and, if known, the bytes there will be.

    Raises:
        AssetError: it cannot be had, or not be written.
    """
    most, failures, reached = partial.size, 0, False
    with new_session() as session:
        while True:
            try:
                return _try_once(session, wanted, partial, progress)
            except CutError as cut:
                reason, reached = str(cut), reached or cut.answered
            except OSError as error:
                raise _cannot_write(partial, error) from error
            failures = 0 if partial.size > most else failures + 1
            most = max(most, partial.size)
            # Who cannot be reached at all is not asked again and again; who broke off is.
            if failures >= TRIES or not reached:
                raise _gave_up(wanted, partial, reason)
            time.sleep(2.0**failures)


def _try_once(
    session: requests.Session, wanted: Wanted, partial: Partial, progress: Callable[[int, int | None], None]
) -> None:
    note = partial.note(wanted.address)
    start = max(0, partial.size - OVERLAP) if note else 0
    with send(session, wanted, _range_headers(note, start)) as response:
        if response.status_code == 416:
            raise _changed(partial)
        check(response, wanted)
        pieces = chunks(response)
        first = next(pieces, b"")
        if response.status_code == 200:
            total, known = _begin(response, first, wanted, partial), b""
        elif note and _goes_on(response, note, start):
            total, known = _whole_size(response), partial.tail(start)
        else:
            raise _changed(partial)
        _refuse_too_much(wanted, partial, total)
        _write(chain([first], pieces), known, partial, lambda here: progress(here, total))
    if total is not None and partial.size != total:
        raise CutError(f"the connection was cut after {partial.size} of {total} bytes")


def _write(pieces: Iterable[bytes], known: bytes, partial: Partial, progress: Callable[[int], None]) -> None:
    """Append what is new; the first bytes are ones that are `known`, or should be."""
    here = partial.size
    with partial.path.open("ab") as file:
        for piece in pieces:
            same = min(len(known), len(piece))
            if piece[:same] != known[:same]:
                raise _changed(partial)
            known = known[same:]
            here += file.write(piece[same:])
            progress(here)
            if here > LIMIT:
                raise OSError(f"{here} bytes came and no end, which no model file has")


def _begin(response: requests.Response, first: bytes, wanted: Wanted, partial: Partial) -> int | None:
    """Start over: at the first try, and where the server has no parts or another version; returns the whole size."""
    if first.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        raise web_page(wanted)
    if not first:
        raise CutError("nothing came")
    length = response.headers.get("content-length", "")
    total = int(length) if length.isdecimal() else None
    etag = response.headers.get("etag", "")
    # A weak ETag does not promise equal bytes, and must not be asked with (RFC 9110, 13.1.5).
    validator = response.headers.get("last-modified", "") if etag.startswith("W/") or not etag else etag
    partial.begin(wanted.address, validator, total)
    return total


def _range_headers(note: Note | None, start: int) -> dict[str, str]:
    if note is None:
        return {}
    headers = {"Range": f"bytes={start}-"}
    # "These bytes if it is still this version, all of it otherwise."
    return headers | ({"If-Range": note.validator} if note.validator else {})


def _goes_on(response: requests.Response, note: Note, start: int) -> bool:
    begin = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    same_size = note.total is None or note.total == _whole_size(response)
    return begin is not None and int(begin[1]) == start and same_size


def _whole_size(response: requests.Response) -> int | None:
    found = re.search(r"/(\d+)$", response.headers.get("content-range", ""))
    return int(found[1]) if found else None


def _changed(partial: Partial) -> CutError:
    partial.discard()
    return CutError("the file on the server is not the one that began to arrive")


def _refuse_too_much(wanted: Wanted, partial: Partial, total: int | None) -> None:
    if total is None:
        return
    if total > LIMIT:
        raise wanted.error(f"it has {total} bytes, which no model file has")
    missing, free = total - partial.size, shutil.disk_usage(partial.path.parent).free
    if missing > free:
        raise AssetError(
            f"{wanted.name} needs {missing / 1e6:.0f} MB in {partial.path.parent}, and {free / 1e6:.0f} MB are free",
            "free some space, or set MANYFACES_HOME to a folder on another disk",
        )


def _cannot_write(partial: Partial, error: OSError) -> AssetError:
    return AssetError(
        f"cannot write {partial.path}: {error.strerror or error}",
        "free some space, or set MANYFACES_HOME to a folder that can be written; what has arrived is kept",
    )


def _gave_up(wanted: Wanted, partial: Partial, reason: str) -> AssetError:
    kept = f"; {partial.size / 1e6:.1f} MB have arrived and are kept: the same command goes on there"
    return wanted.error(reason + (kept if partial.size else ""))
