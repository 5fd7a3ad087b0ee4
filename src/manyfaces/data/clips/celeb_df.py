"""Celeb-DF (v2): videos of 59 celebrities and of 300 others, and forgeries of them (Li et al., CVPR 2020)."""

from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.clips.folders import needed_clips, needed_folder, videos_in
from manyfaces.data.clips.sample import ClipSet, ClipSource

CELEBRITIES, OTHERS, FORGERIES = "Celeb-real", "YouTube-real", "Celeb-synthesis"
TEST_LIST = "List_of_testing_videos.txt"
_LAYOUT = f"{CELEBRITIES}/id0_0000.mp4, {OTHERS}/00000.mp4, {FORGERIES}/id0_id1_0000.mp4 and {TEST_LIST} in one folder"


def celeb_df_clips(root: Path, fakes: bool = False) -> ClipSet:
    """List the videos; those that are listed for testing are the test split, the others the training split.

    Celebrities are known by the number before the first underscore; everybody else is taken for a person of their own.

    Args:
        root: holds the three folders and the list.
        fakes: list the forgeries as well.

    Raises:
        DataError: the celebrities' folder or the list is missing, or a line of the list makes no sense.
    """
    needed_folder(root / CELEBRITIES, _LAYOUT)
    tested = _tested(root / TEST_LIST)
    wanted = (CELEBRITIES, OTHERS, FORGERIES) if fakes else (CELEBRITIES, OTHERS)
    clips = [
        ClipSource(
            name := f"{folder}/{video.stem}",
            _subject(folder, video.stem),
            video,
            "test" if name in tested else "train",
            folder == FORGERIES,
        )
        for folder in wanted
        if (root / folder).is_dir()
        for video in videos_in(root / folder)
    ]
    return needed_clips("Celeb-DF (v2)", root, clips, _LAYOUT)


def _subject(folder: str, stem: str) -> str:
    if folder == CELEBRITIES:
        return stem.partition("_")[0]
    # A forgery has the face of one and the head of another: it is nobody else's clip.
    return f"youtube-{stem}" if folder == OTHERS else stem.rpartition("_")[0] or stem


def _tested(path: Path) -> set[str]:
    """Clips of the list, whose lines are `1 YouTube-real/00170.mp4`; 1 for real, 0 for forged."""
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the list {path}: {error}", f"expected: {_LAYOUT}") from None
    for number, line in enumerate(lines, 1):
        if len(line) != 2 or line[0] not in ("0", "1") or "/" not in line[1]:
            raise DataError(f"{path}: line {number} is {' '.join(line)!r}", "expected: 1 YouTube-real/00170.mp4")
    return {name.rpartition(".")[0] for _, name in lines}
