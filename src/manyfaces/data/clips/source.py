"""Batches of prepared frames: some frames of each of some clips, which is what losses within a clip need."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.core.errors import ChoiceError, DataError, InputError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data.clips.prepared import PreparedClip, PreparedFrames
from manyfaces.data.clips.sample import PreparedFrame
from manyfaces.data.face_batches import Faces
from manyfaces.data.photos.source import held_out
from manyfaces.data.sources import ALL_ROWS

Side = Literal["train", "validation", "test", "all"]

_READERS = 8  # threads; decoding and reading release Python's lock


@dataclass(frozen=True, kw_only=True)
class SeenFaces(Faces):
    """Faces of clips, as they were found; `Faces` besides.

    Attributes:
        person: whom it shows, a number of `PreparedFrames.subjects`.
        clip: which clip, a number of `PreparedFrames.clips`.
        confidence: of each landmark, see `landmark_confidence`.
        skin: of each pixel, 255 where it surely shows skin, see `skin_mask`.
        frame_number: in the clip, from 0.
        time_s: seconds from the clip's first frame.
    """

    person: Int[Tensor, " B"]  # pyright: ignore[reportGeneralTypeIssues]  # by name alone, so it needs no default
    clip: Int[Tensor, " B"]
    confidence: Float[Tensor, "B 68"]
    skin: UInt8[Tensor, "B S S"]
    frame_number: Int[Tensor, " B"]
    time_s: Float[Tensor, " B"]


@dataclass(frozen=True, eq=False)
class ClipBatches:
    """Endless batches, the same for the same arguments on any machine; a `FaceSource`.

    A draw takes people, clips of theirs, then frames of each clip: however many clips somebody has, everybody is as
    likely. Nobody and no frame comes twice in a batch unless there are too few. Frames of a clip lie in a row.

    Attributes:
        frames: what to draw from.
        clips: what may be drawn of them, numbers of `frames.clips`.
        frames_per_clip: K.
        size_px: side of the pictures; None for that of the crops.
    """

    frames: PreparedFrames
    clips: tuple[int, ...]
    frames_per_clip: int = 4
    size_px: int | None = None

    def batch(self, seed: int, step: int, size: int, rows: slice | Int[Tensor, " R"] = ALL_ROWS) -> SeenFaces:
        """Draw `size` frames, and read those of them that are named by `rows`.

        Raises:
            DataError: a shard is damaged, or has gone since the set was opened.
        """
        drawn = self.draw(seed, step, size)
        number = torch.arange(size)[rows]
        clips, places = zip(*(drawn[int(k)] for k in number), strict=True)
        with ThreadPoolExecutor(_READERS) as readers:
            read = list(readers.map(self._read, places))
        person = [self._person[self.frames.clips[clip].subject] for clip in clips]
        return SeenFaces(
            pictures=_stacked([frame.crop.transpose(2, 0, 1) for frame in read]),
            landmarks_px=_stacked([frame.landmarks_px for frame in read]),
            number=number,
            person=torch.tensor(person),
            clip=torch.tensor(clips),
            confidence=_stacked([frame.confidence for frame in read]),
            skin=_stacked([frame.skin for frame in read]),
            frame_number=torch.tensor([frame.number for frame in read]),
            time_s=torch.tensor([frame.time_s for frame in read], dtype=torch.float32),
        )

    def draw(self, seed: int, step: int, size: int) -> list[tuple[int, int]]:
        """Which frames a batch holds: (clip, row) of each."""
        generator = numpy_generator(seed, "prepared frames", step)
        people = sorted(self._clips_of)
        n_clips = -(-size // self.frames_per_clip)
        chosen = generator.choice(len(people), n_clips, replace=n_clips > len(people))
        drawn: list[tuple[int, int]] = []
        for subject in (people[int(k)] for k in chosen):
            clips = self._clips_of[subject]
            clip = clips[int(generator.integers(len(clips)))]
            rows = self.frames.clips[clip].rows
            too_few = len(rows) < self.frames_per_clip
            drawn += [(clip, int(row)) for row in generator.choice(rows, self.frames_per_clip, replace=too_few)]
        return drawn[:size]

    def _read(self, row: int) -> PreparedFrame:
        frame = self.frames.read(row)
        if self.size_px in (None, self.frames.size_px):
            return frame
        size = (self.size_px, self.size_px)
        crop, skin = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (frame.crop, frame.skin))
        return replace(frame, crop=crop, skin=skin)

    @cached_property
    def _clips_of(self) -> dict[str, list[int]]:
        by_subject: dict[str, list[int]] = defaultdict(list)
        for clip in self.clips:
            by_subject[self.frames.clips[clip].subject].append(clip)
        return by_subject

    @cached_property
    def _person(self) -> dict[str, int]:
        return {subject: number for number, subject in enumerate(self.frames.subjects)}


def clip_batches(
    frames: PreparedFrames,
    side: Side | str = "all",
    frames_per_clip: int = 4,
    size_px: int | None = None,
    validation_share: float = 0.05,
) -> ClipBatches:
    """Draw from one side of a set.

    Clips that their set keeps for testing are on the side "test" alone. Where the set names clips for validation, these
    are that side; else people are held out, at least one, by their names alone: nobody is on both sides.

    Args:
        frames: what to draw from.
        side: "all" splits nothing.
        frames_per_clip: K.
        size_px: side of the pictures; None for that of the crops.
        validation_share: of people.

    Raises:
        ChoiceError: another side.
        InputError: the numbers make no sense.
        DataError: nothing is left.
    """
    if side not in get_args(Side):
        raise ChoiceError("side of a data set", side, get_args(Side))
    if frames_per_clip < 1 or not 0 < validation_share < 1 or (size_px is not None and size_px < 1):
        given = f"frames_per_clip {frames_per_clip}, validation_share {validation_share}, size_px {size_px}"
        raise InputError(given, "needed: >= 1; within (0, 1); >= 1")
    sides = _sides(frames.clips, validation_share)
    clips = tuple(k for k in range(len(frames.clips)) if side in ("all", sides[k]))
    if not clips:
        raise DataError(f"{frames.name} leaves nothing for {side}", "prepare clips of more people")
    return ClipBatches(frames, clips, frames_per_clip, size_px)


def _sides(clips: tuple[PreparedClip, ...], validation_share: float) -> list[str]:
    if any(clip.split == "validation" for clip in clips):
        return [clip.split or "train" for clip in clips]
    held = held_out({clip.subject for clip in clips if clip.split != "test"}, validation_share)
    return ["test" if c.split == "test" else "validation" if c.subject in held else "train" for c in clips]


def _stacked(parts: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(parts)))
