"""Prepared frames, read: a folder of shards in any order."""

import io
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from manyfaces.core.errors import DataError
from manyfaces.data.clips.sample import PreparedFrame
from manyfaces.data.faces.sample import Split
from manyfaces.data.tar_shards import INDEX, PREPARED_FRAMES, TarShards, open_tar_shards

_PARTS = ("crop", "skin", "geometry")


@dataclass(frozen=True)
class PreparedClip:
    """A clip of which frames were kept.

    Attributes:
        name: unique in its set.
        subject: the person.
        split: the part of the set that it belongs to.
        rows: its frames, in order of time.
    """

    name: str
    subject: str
    split: Split | None
    rows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PreparedFrames:
    """A folder of shards that `prepare_clips` wrote.

    Attributes:
        tar: the shards.
        size_px: side of the crops.
    """

    tar: TarShards
    size_px: int

    @property
    def name(self) -> str:
        """That of the set that the frames are from."""
        return str(self.tar.plan["set"])

    def __len__(self) -> int:
        return len(self.tar.photos)

    @cached_property
    def clips(self) -> tuple[PreparedClip, ...]:
        """The clips with frames, in the set's order."""
        rows: dict[str, list[int]] = defaultdict(list)
        for row, told in enumerate(self.tar.photos):
            rows[told["clip"]].append(row)
        first = {clip: self.tar.photos[own[0]] for clip, own in rows.items()}
        return tuple(
            PreparedClip(clip, first[clip]["subject"], first[clip]["split"], tuple(own)) for clip, own in rows.items()
        )

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """The people, in the order of their names; batches number them so."""
        return tuple(sorted({clip.subject for clip in self.clips}))

    def read(self, row: int) -> PreparedFrame:
        """Read one frame; from any thread.

        Raises:
            DataError: its shard is missing or damaged.
        """
        told = self.tar.photos[row]
        crop_file, skin_file, geometry = self.tar.parts(row, *_PARTS)
        try:
            crop, skin = np.array(Image.open(io.BytesIO(crop_file))), np.array(Image.open(io.BytesIO(skin_file)))
            with np.load(io.BytesIO(geometry), allow_pickle=False) as arrays:
                landmarks, confidence = arrays["landmarks_px"], arrays["confidence"]
            shapes = (crop.shape, skin.shape, landmarks.shape, confidence.shape)
            if shapes != ((self.size_px, self.size_px, 3), (self.size_px, self.size_px), (68, 2), (68,)):
                raise ValueError
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise self.tar.damaged(row) from None
        of_clip = (told["subject"], told["clip"], told["split"])
        return PreparedFrame(crop, landmarks, confidence, skin, *of_clip, told["frame"], told["time_s"], told["faces"])


def open_prepared(folder: Path) -> PreparedFrames:
    """Open a folder of shards that `prepare_clips` wrote.

    Raises:
        DataError: it holds no index, a damaged one, shards of something else, lacks a shard, or holds no frame.
    """
    tar = open_tar_shards(folder, PREPARED_FRAMES, _PARTS)
    try:
        for told in tar.photos:
            _ = told["subject"], told["clip"], told["split"], int(told["frame"]), float(told["time_s"]), told["faces"]
        prepared = PreparedFrames(tar, int(tar.plan["size_px"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{folder / INDEX} is damaged: {error}", "prepare the clips again") from None
    if not len(prepared):
        raise DataError(f"{folder} holds no frame: all were left out", "its report.json says why")
    return prepared
