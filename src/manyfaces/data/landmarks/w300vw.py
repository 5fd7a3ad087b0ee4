"""300-VW: 64 test videos in three categories, `<video>/vid.avi` with `<video>/annot/<frame>.pts` for every frame.

Shen et al., "The First Facial Landmark Tracking in-the-Wild Challenge", 2015. Frames are numbered from 1.
"""

from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks.sample import LandmarkSample, LandmarkSet, checked_points
from manyfaces.io.annotations import read_pts

_CATEGORY_1 = (
    *(114, 124, 125, 126, 150, 158, 401, 402, 505, 506, 507, 508, 509, 510, 511, 514, 515, 518, 519, 520, 521, 522),
    *(524, 525, 537, 538, 540, 541, 546, 547, 548),
)
_CATEGORY_2 = (203, 208, 211, 212, 213, 214, 218, 224, 403, 404, 405, 406, 407, 408, 409, 412, 550, 551, 553)
_CATEGORY_3 = (410, 411, 516, 517, 526, 528, 529, 530, 531, 533, 557, 558, 559, 562)
CATEGORIES = {"category 1": _CATEGORY_1, "category 2": _CATEGORY_2, "category 3": _CATEGORY_3}
"""Well lit; unconstrained light; completely unconstrained."""
ALL = "all"


def read_300vw(folder: Path, every: int = 1) -> LandmarkSet:
    """Read the test videos that are there.

    Args:
        folder: holds a folder for each video.
        every: take each n-th annotated frame of a video, from its first.

    Raises:
        DataError: none of the videos is there, one lacks its file or annotations, or a file is damaged.
    """
    samples: list[LandmarkSample] = []
    notes, present = [], []
    for category, videos in CATEGORIES.items():
        there = [video for video in videos if (folder / f"{video:03d}").is_dir()]
        samples += [sample for video in there for sample in _video(folder / f"{video:03d}", category, every)]
        present += [category] if there else []
        if len(there) != len(videos):
            notes.append(f"{category}: {len(there)} of the published {len(videos)} videos")
    if not samples:
        raise DataError(f"{folder} holds no test video of 300-VW", "name the folder that holds 114/vid.avi, 114/annot")
    if every > 1:
        notes.append(f"one of {every} frames")
    return LandmarkSet(tuple(samples), (*present, ALL), tuple(notes))


def _video(folder: Path, category: str, every: int) -> list[LandmarkSample]:
    video = folder / "vid.avi"
    if not video.is_file():
        raise DataError(f"there is no {video}")
    numbered = sorted((_number(path), path) for path in (folder / "annot").glob("*.pts"))
    if not numbered:
        raise DataError(f"{folder / 'annot'} holds no .pts file")
    return [
        LandmarkSample(
            name=f"{folder.name}/{path.stem}",
            image=video,
            points=checked_points(path, read_pts(path)),
            subject=folder.name,
            groups=(category, ALL),
            frame=number - 1,
        )
        for number, path in numbered[::every]
    ]


def _number(path: Path) -> int:
    if not path.stem.isdecimal() or int(path.stem) < 1:
        raise DataError(f"{path} is not named after a frame", "frames are numbered from 000001.pts")
    return int(path.stem)
