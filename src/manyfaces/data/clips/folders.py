"""Looking for clips: what every layout does, and folders of no layout at all."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.clips.sample import ClipSet, ClipSource
from manyfaces.io.picture_names import PICTURE_SUFFIXES, VIDEO_SUFFIXES


def any_clips(root: Path) -> ClipSet:
    """Take a video, or a folder with videos and pictures as they lie.

    Every video is a clip, and so is every folder with pictures in it. Whoever lies in a folder of `root` has that
    folder's name; what lies in `root` itself has the name of `root`.

    Args:
        root: the video or the folder.

    Raises:
        DataError: there is nothing of that name, or neither video nor picture in it.
    """
    if root.is_file():
        return ClipSet(root.stem, (ClipSource(root.stem, root.stem, root),))
    root = root.resolve()  # "." has a name, too
    found = sorted([*videos_in(root), *_folders_of_pictures(root)])
    clips = tuple(ClipSource(_name(path, root), _first_folder(path, root), path) for path in found)
    if not clips:
        known = " ".join([*VIDEO_SUFFIXES, *PICTURE_SUFFIXES])
        raise DataError(f"{root} holds neither videos nor pictures", f"known: {known}")
    return ClipSet(root.name, clips)


def videos_in(folder: Path) -> list[Path]:
    """All videos in a folder and the folders in it, in the order of their paths."""
    return sorted(path for path in folder.rglob("*") if _is_file(path, VIDEO_SUFFIXES))


def needed_folder(path: Path, layout: str) -> Path:
    """A folder that a layout cannot do without.

    Raises:
        DataError: it is not there; the message says how the whole set should lie.
    """
    if not path.is_dir():
        raise DataError(f"the folder {path} is missing", f"expected: {layout}")
    return path


def needed_clips(name: str, root: Path, clips: Sequence[ClipSource], layout: str) -> ClipSet:
    """The clips that were found in a layout.

    Raises:
        DataError: there are none; the message says how they should lie.
    """
    if not clips:
        raise DataError(f"{root} holds no clips of {name}", f"expected: {layout}")
    return ClipSet(name, tuple(clips))


def _folders_of_pictures(root: Path) -> Iterator[Path]:
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        if any(_is_file(path, PICTURE_SUFFIXES) for path in folder.iterdir()):
            yield folder


def _is_file(path: Path, suffixes: Sequence[str]) -> bool:
    return path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file()


def _name(path: Path, root: Path) -> str:
    return root.name if path == root else path.relative_to(root).as_posix()


def _first_folder(path: Path, root: Path) -> str:
    parts = path.relative_to(root).parts
    return parts[0] if len(parts) > 1 or (parts and path.is_dir()) else root.name
