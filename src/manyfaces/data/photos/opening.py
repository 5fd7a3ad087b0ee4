"""Open a set of photos, whatever it is kept in."""

from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.photos.crop_files import Channels
from manyfaces.data.photos.lists import open_photo_set
from manyfaces.data.photos.photo_set import Missing
from manyfaces.data.photos.sample import SampleSet
from manyfaces.data.photos.shard_set import open_shards
from manyfaces.data.tar_shards import INDEX


def open_set(
    folder: Path,
    channels: Channels = "rgb",
    missing: Missing = "error",
    n_identity: int = 300,
    n_expression: int = 50,
    head: str | None = None,
    lists: str = "",
) -> SampleSet:
    """Open a folder of shards, or of files with their list beside it; all files are there when this returns.

    Args:
        folder: the shards, or `<root>/<NAME>` of a set in files.
        channels: of a set in files; see `open_photo_set`.
        missing: likewise.
        n_identity: likewise.
        n_expression: likewise.
        head: whose coefficients are wanted; sets that say they are of another are refused.
        lists: of a set in files; see `open_photo_set`.

    Raises:
        DataError: it is neither, names files that are not there, or is of another head.
    """
    if (folder / INDEX).is_file() or any(folder.glob("shard-*.tar")):
        shards = open_shards(folder)
        if None not in (head, shards.head) and shards.head != head:
            raise DataError(f"{folder} holds coefficients of {shards.head}, not of {head}", f"pack sets of {head}")
        return shards
    return open_photo_set(folder, None, channels, missing, n_identity, n_expression, head, lists)
