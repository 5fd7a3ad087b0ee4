"""Photos in tar files of a thousand: one large file instead of ten thousand small ones, in the form of WebDataset.

The files of a photo lie in a row and are named alike, `000000123.json` among them, which says what is known of it.
`shards.json` lists the shards with their checksums, and the photos with the places of their files. Which files a photo
has is the business of whoever writes them: `data.photos.shards`, `data.faces.prepare`, `data.clips.prepare`.
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from manyfaces.assets.cache import sha256_of
from manyfaces.core.errors import DataError, InputError
from manyfaces.io.atomic import atomic_path

INDEX = "shards.json"
PHOTOS, ALIGNED_FACES, PREPARED_FRAMES = "photos", "aligned faces", "prepared frames"
FORMAT = 1
_PLAN = "plan.json"
_AGAIN = "write the shards again, or copy the folder again"


@dataclass(frozen=True)
class Packed:
    """The files of one photo.

    Attributes:
        number: of the photo; its files are named by it.
        told: what is known of it, for the index.
        files: content by ending, such as "portrait.jpg".
    """

    number: int
    told: dict[str, Any]
    files: dict[str, bytes]


@dataclass(frozen=True)
class Shard:
    """One shard of a folder that is being written.

    Attributes:
        path: of its tar file.
        rows: the photos that go into it.
    """

    path: Path
    rows: range

    @property
    def done(self) -> bool:
        """An earlier run has written it: shards are written whole or not at all."""
        return self.path.is_file()


@dataclass(frozen=True)
class TarShards:
    """A finished folder of shards.

    Attributes:
        folder: holds the shards and `shards.json`.
        plan: what was packed and how.
        photos: what the index says of each photo, and the places of its files: `[offset, size]` by the first part of
            their ending.
        files: name of the shard of each photo.
        checksums: SHA-256 of each shard.
    """

    folder: Path
    plan: dict[str, Any]
    photos: tuple[dict[str, Any], ...]
    files: tuple[str, ...]
    checksums: dict[str, str]

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """The tar files, for a reader that streams them."""
        return tuple(self.folder / name for name in self.checksums)

    def parts(self, row: int, *names: str) -> list[bytes]:
        """Contents of some files of a photo.

        Raises:
            DataError: its shard is missing or damaged.
        """
        path = self.folder / self.files[row]
        try:
            with path.open("rb") as file:
                return [_part(file, *self.photos[row][name]) for name in names]
        except EOFError:
            raise self.damaged(row) from None
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}", _AGAIN) from None

    def damaged(self, row: int) -> DataError:
        """What to say where a photo's files make no sense."""
        return DataError(f"{self.folder / self.files[row]} is damaged at {self.photos[row].get('name', row)}", _AGAIN)

    def verify(self) -> None:
        """Compare every shard with its checksum.

        Raises:
            DataError: one is missing or differs.
        """
        for name, wanted in self.checksums.items():
            path = self.folder / name
            if not path.is_file():
                raise DataError(f"{path} is missing", _AGAIN)
            if sha256_of(path) != wanted:
                raise DataError(f"{path} is not as it was written: its checksum differs", _AGAIN)


def write_shards(
    folder: Path,
    plan: dict[str, Any],
    count: int,
    per_shard: int,
    packed: Callable[[range], Iterable[Packed]],
    tick: Callable[[int], None] | None = None,
) -> Path:
    """Write photos as shards; what an interrupted run has finished stays.

    Args:
        folder: where `shard-000000.tar`, ... and `shards.json` go.
        plan: what is packed and how; a folder that was begun with another plan is refused.
        count: of photos.
        per_shard: photos in each shard.
        packed: gives the files of the photos of a shard; it may leave photos out.
        tick: called with the number of photos each time some are done.

    Returns:
        The index, which is written last: without it a folder of shards is not finished.

    Raises:
        InputError: the folder holds shards of another plan.
        OutputError: the folder cannot be written.
    """
    shards = begin_shards(folder, plan, count, per_shard)
    for shard in shards:
        if not shard.done:
            write_shard(shard, packed(shard.rows))
        if tick:
            tick(len(shard.rows))
    return finish_shards(folder, shards)


def begin_shards(folder: Path, plan: dict[str, Any], count: int, per_shard: int) -> tuple[Shard, ...]:
    """Begin a folder of shards, or go on with one: what `write_shards` does first, for those who share shards out.

    Returns:
        All its shards, those that an earlier run has finished among them.

    Raises:
        InputError: the folder holds shards of another plan.
        OutputError: the folder cannot be written.
    """
    _start_or_resume(folder, {"format": FORMAT, **plan, "photos_per_shard": per_shard})
    firsts = range(0, count, per_shard)
    return tuple(
        Shard(folder / f"shard-{first // per_shard:06d}.tar", range(first, min(first + per_shard, count)))
        for first in firsts
    )


def write_shard(shard: Shard, photos: Iterable[Packed]) -> None:
    """Write one shard, whole or not at all; photos are asked for one by one, and the name is taken after the last.

    Raises:
        OutputError: the folder cannot be written.
    """
    with atomic_path(shard.path) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar:
        for photo in photos:
            told = {"json": json.dumps(photo.told).encode()}
            for ending, content in {**photo.files, **told}.items():
                info = tarfile.TarInfo(f"{photo.number:09d}.{ending}")  # no owner, no date: same photos, same bytes
                info.size, info.mode = len(content), 0o644
                tar.addfile(info, io.BytesIO(content))


def finish_shards(folder: Path, shards: Iterable[Shard]) -> Path:
    """Write the index of a folder whose shards are all there; returns it."""
    plan = json.loads((folder / _PLAN).read_text())
    with atomic_path(folder / INDEX) as temporary:
        temporary.write_text(json.dumps({**plan, "shards": [_described(shard.path) for shard in shards]}) + "\n")
    return folder / INDEX


def shards_kind(folder: Path) -> str | None:
    """What the shards of a folder hold, such as `PHOTOS`; None where there are none, or unfinished ones."""
    try:
        return str(json.loads((folder / INDEX).read_text()).get("kind", PHOTOS))
    except (OSError, ValueError, AttributeError):
        return None


def open_tar_shards(folder: Path, kind: str, parts: tuple[str, ...]) -> TarShards:
    """Open a folder of shards.

    Args:
        folder: holds `shards.json`.
        kind: what the shards must hold.
        parts: files that every photo must have, by the first part of their ending.

    Raises:
        DataError: it holds no index, a damaged one, one of another kind, or lacks a shard.
    """
    path = folder / INDEX
    try:
        plan = json.loads(path.read_text())
        if plan["format"] != FORMAT:
            raise DataError(f"{path} is of format {plan['format']}, this version reads {FORMAT}")
        if plan.get("kind", PHOTOS) != kind:
            raise DataError(f"{folder} holds shards of {plan.get('kind', PHOTOS)}, not of {kind}")
        listed = plan.pop("shards")
        photos = [(shard["file"], photo) for shard in listed for photo in shard["photos"]]
        for _, photo in photos:
            _check_places(photo, parts)
        checksums = {shard["file"]: shard["sha256"] for shard in listed}
    except OSError as error:
        fix = "packing was not finished: run it again" if any(folder.glob("*.tar")) else "name a folder of shards"
        raise DataError(f"cannot read {path}: {error.strerror}", fix) from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {error}", _AGAIN) from None
    missing = [name for name in checksums if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder / missing[0]} is missing ({len(missing)} of {len(checksums)} shards are)", _AGAIN)
    return TarShards(folder, plan, tuple(photo for _, photo in photos), tuple(file for file, _ in photos), checksums)


def _check_places(photo: dict[str, Any], parts: tuple[str, ...]) -> None:
    for part in parts:
        offset, size = photo[part]
        if not (isinstance(offset, int) and isinstance(size, int) and min(offset, size) >= 0):
            raise ValueError(f"{part} of {photo.get('name')} lies at {photo[part]}")


def _start_or_resume(folder: Path, plan: dict[str, Any]) -> None:
    started = folder / _PLAN
    if not started.is_file():
        if folder.is_dir() and any(folder.glob("*.tar")):
            raise InputError(f"{folder} holds tar files that were not begun here", "name a new folder")
        with atomic_path(started) as temporary:
            temporary.write_text(json.dumps(plan) + "\n")
    elif json.loads(started.read_text()) != plan:
        raise InputError(f"{folder} holds shards of other sets or settings", "name a new folder, or empty this one")


def _described(path: Path) -> dict[str, Any]:
    """A shard for the index: checksum, what is known of its photos, and where in it their files lie."""
    places: dict[str, dict[str, Any]] = {}
    with tarfile.open(path, "r:") as shard:
        for member in shard:
            key, _, ending = member.name.partition(".")
            at = places.setdefault(key, {})
            at[ending.split(".")[0]] = [member.offset_data, member.size]
            if ending == "json":
                content = shard.extractfile(member)
                assert content is not None
                places[key] = {**json.load(content), **at}
    return {"file": path.name, "sha256": sha256_of(path), "photos": list(places.values())}


def _part(file: Any, offset: int, size: int) -> bytes:
    file.seek(offset)
    content = file.read(size)
    if len(content) != size:
        raise EOFError
    return content
