"""MEAD: actors who speak with eight emotions in three strengths, seen by seven cameras (Wang et al., ECCV 2020)."""

from pathlib import Path

from manyfaces.data.clips.folders import needed_clips, needed_folder, videos_in
from manyfaces.data.clips.sample import ClipSet, ClipSource

VIEWS = ("front", "left_30", "left_60", "right_30", "right_60", "top", "down")
_LAYOUT = "<subject>/video/<view>/<emotion>/level_N/NNN.mp4, such as M003/video/front/angry/level_1/001.mp4"


def mead_clips(root: Path) -> ClipSet:
    """List the videos of all views.

    Subjects come as archives, and are unpacked with the folder `video` or without it, or into other folders of their
    own; so that only the end of a path is looked at, and its first folder, which is the subject.

    Args:
        root: holds the subjects' folders, or is one.

    Raises:
        DataError: there is no such folder, or no video lies in it as it should.
    """
    root = needed_folder(root, _LAYOUT).resolve()
    clips = [
        ClipSource(path.relative_to(root).with_suffix("").as_posix(), _subject(path, root), path)
        for path in videos_in(root)
        if path.parts[-4] in VIEWS and path.parts[-2].startswith("level_")
    ]
    return needed_clips("MEAD", root, clips, _LAYOUT)


def _subject(path: Path, root: Path) -> str:
    first = path.relative_to(root).parts[0]
    return root.name if first in ("video", *VIEWS) else first
