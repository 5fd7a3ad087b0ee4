"""FaceForensics++: a thousand videos from YouTube, those of 28 actors, forgeries (Roessler et al., ICCV 2019)."""

import json
from collections.abc import Iterator
from pathlib import Path

from manyfaces.core.errors import DataError
from manyfaces.data.clips.folders import needed_clips, needed_folder, videos_in
from manyfaces.data.clips.sample import ClipSet, ClipSource
from manyfaces.data.faces.sample import Split

ORIGINALS, FORGERIES = "original_sequences", "manipulated_sequences"
COMPRESSIONS = ("raw", "c0", "c23", "c40")
"""Best first; "c0" is an older name of "raw"."""
_OF_ACTORS = ("actors", "DeepFakeDetection")
_SPLITS: dict[str, Split] = {"train": "train", "val": "validation", "test": "test"}
_LAYOUT = f"{ORIGINALS}/{{youtube,actors}}/{{raw,c23,c40}}/videos/*.mp4; splits/{{train,val,test}}.json"


def faceforensics_clips(root: Path, fakes: bool = False) -> ClipSet:
    """List the videos, of each sequence in the best compression that is there.

    Videos from YouTube are taken for a person each; actors are known by the number that their files begin with. The
    lists of pairs, which come with the authors' code and not with the videos, say which split a video belongs to;
    without them, and for actors, there is none.

    Args:
        root: holds `original_sequences`.
        fakes: list the forgeries as well.

    Raises:
        DataError: the originals are missing, some of the three lists are, or a list makes no sense.
    """
    needed_folder(root / ORIGINALS, _LAYOUT)
    splits = _splits(root)
    clips: list[ClipSource] = []
    for part in (ORIGINALS, FORGERIES) if fakes else (ORIGINALS,):
        for sequence, videos in _best_videos(root / part):
            for video in videos:
                of_actor = sequence in _OF_ACTORS
                person = video.stem.partition("_")[0]
                # A forgery is named by both videos that it was made of, and is of neither's person.
                who = video.stem if part == FORGERIES else person
                split = None if of_actor else splits.get(person)
                subject = f"{'actor' if of_actor else 'youtube'}-{who}"
                name = f"{part}/{sequence}/{video.stem}"
                clips.append(ClipSource(name, subject, video, split, part == FORGERIES))
    return needed_clips("FaceForensics++", root, clips, _LAYOUT)


def _best_videos(part: Path) -> Iterator[tuple[str, list[Path]]]:
    """Each sequence with its videos."""
    for sequence in sorted(path for path in part.iterdir() if path.is_dir()) if part.is_dir() else ():
        for compression in COMPRESSIONS:
            if videos := videos_in(sequence / compression / "videos"):
                yield sequence.name, videos
                break


def _splits(root: Path) -> dict[str, Split]:
    """Split of each video from YouTube; empty where no list is there."""
    folder = root / "splits" if (root / "splits").is_dir() else root
    paths = {name: folder / f"{name}.json" for name in _SPLITS}
    missing = [path for path in paths.values() if not path.is_file()]
    if len(missing) == len(paths):
        return {}
    if missing:
        raise DataError(f"{missing[0]} is missing, beside lists that are there", f"expected: {_LAYOUT}")
    return {video: _SPLITS[name] for name, path in paths.items() for video in _pairs(path)}


def _pairs(path: Path) -> Iterator[str]:
    try:
        for first, second in json.loads(path.read_text()):
            yield from (str(first), str(second))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"cannot read the list {path}: {error}", 'expected: [["071", "054"], ...]') from None
