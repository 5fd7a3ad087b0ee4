"""One clip: its frames one by one, who is on them, and which of them are fit to learn from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import numpy as np

from manyfaces.core.errors import InputError, VideoError
from manyfaces.data.clips.confidence import landmark_confidence
from manyfaces.data.clips.eyes import ClipEyes
from manyfaces.data.clips.sample import ClipSource, PreparedFrame
from manyfaces.data.clips.skin import skin_mask
from manyfaces.detect import POINTS_68_FROM_468, FaceBox, crop_from_points, rnet_crop, rnet_five
from manyfaces.detect.boxes import overlaps
from manyfaces.detect.frame_choice import FaceLook, FrameChoice, FrameLimits, FrameLook, choose_frames, most_seen_person
from manyfaces.detect.rnet_alignment import RNET_PX, points_at
from manyfaces.detect.sharpness import sharpness
from manyfaces.io.frames import Frame, FrameStream, open_frames

LeftOutReason = Literal["no face", "other person", "blurred", "unsure", "unreadable"]

PART = 128
"""Frames that are chosen among at a time: memory does not grow with a clip's length."""
_MOST_FACES = 3
"""Faces of a frame that are looked at where people can be told apart: the largest."""
_MIN_SCORE = 0.5
"""Of the points' network, where the face was to be."""
_SAME_PLACE = 0.3
"""Overlap (intersection over union) with the face of the frame before, from which it may be the same."""


@dataclass(frozen=True)
class ClipConfig:
    """Which frames are taken, and how they are cut.

    Attributes:
        every: each n-th frame of a clip is looked at, from the first.
        frames_per_clip: no more of a video, spread evenly over it; 0 takes all. Of pictures in a folder, all are taken.
        size_px: side of the crops; the view is the same at any size.
        min_confidence: of the 68 landmarks in the mean; frames with less are left out.
        limits: what frames must keep to, blur and person.
        quality: of the JPEG files.
    """

    every: int = 1
    frames_per_clip: int = 32
    size_px: int = 256
    min_confidence: float = 0.4
    limits: FrameLimits = field(default_factory=FrameLimits)
    quality: int = 95


@dataclass(frozen=True)
class LeftOutFrame:
    """A frame that is not learned from, or the end of what could be read of a clip.

    Attributes:
        reason: in short.
        what: one line that says which, when, and by what measure.
    """

    reason: LeftOutReason
    what: str


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A frame whose faces have been looked at."""

    look: FrameLook
    frames: tuple[PreparedFrame, ...]


def prepare_clip(clip: ClipSource, eyes: ClipEyes, config: ClipConfig) -> Iterator[PreparedFrame | LeftOutFrame]:
    """Prepare the frames of one person's clip; what cannot be used is a value, not an error.

    Where people can be told apart, the person is whoever is on most of the first `PART` frames that show anybody. Else
    it is the largest face of the first frame, which is then followed from frame to frame by its place; of pictures in a
    folder, the largest of each.

    Args:
        clip: what to read. Of a video that is cut or damaged, the frames before the fault are used.
        eyes: what looks at it.
        config: which frames, and how.

    Yields:
        Frames and what is left out, in order of time within each `PART`.
    """
    person: np.ndarray | None = None
    try:
        stream = _opened(clip, config)
    except VideoError as error:
        yield LeftOutFrame("unreadable", error.message)
        return
    with stream:
        for part in _parts(_candidates(clip, stream, eyes, config)):
            looks = [candidate.look for candidate in part]
            if person is None:
                person = most_seen_person(looks, config.limits.distance)
            yield from _judged(part, choose_frames(looks, config.limits, person), config.min_confidence)
        yield from (LeftOutFrame("unreadable", fault.message) for fault in stream.faults)


def _opened(clip: ClipSource, config: ClipConfig) -> FrameStream:
    stream = open_frames(clip.path, config.every)
    most = config.frames_per_clip
    if clip.is_video and most and stream.expected and stream.expected > most:
        with stream:  # only how long it is was asked for
            return open_frames(clip.path, config.every * -(-stream.expected // most))
    return stream


def _candidates(clip: ClipSource, stream: FrameStream, eyes: ClipEyes, config: ClipConfig) -> Iterator[_Candidate]:
    followed: FaceBox | None = None
    limit = config.frames_per_clip if clip.is_video and config.frames_per_clip else None
    for frame in islice(stream, limit):
        boxes = eyes.detect(frame.rgb)
        if followed is not None:
            boxes = _followed_first(boxes, followed)
        prepared, looks = [], []
        for box in boxes:
            found = _looked_at(frame, box, len(boxes), clip, eyes, config)
            if found is None:
                continue
            if clip.is_video and not looks and not eyes.knows_people:
                followed = box
            prepared.append(found[0])
            looks.append(found[1])
            if len(looks) == (_MOST_FACES if eyes.knows_people else 1):
                break
        yield _Candidate(FrameLook(frame.number, frame.time_s, tuple(looks)), tuple(prepared))


def _looked_at(
    frame: Frame, box: FaceBox, n_faces: int, clip: ClipSource, eyes: ClipEyes, config: ClipConfig
) -> tuple[PreparedFrame, FaceLook] | None:
    """One face, cut out; None where the points' network sees none."""
    sight = eyes.look(frame.rgb, box)
    if sight.detected.score < _MIN_SCORE:
        return None
    points = POINTS_68_FROM_468 @ sight.points_px
    five = rnet_five(points)
    try:
        crop = rnet_crop(frame.rgb, five, config.size_px)
    except InputError:
        return None
    scale_px = sight.scale_px * (crop.scale * RNET_PX / config.size_px)
    prepared = PreparedFrame(
        crop=crop.image,
        landmarks_px=points_at(crop.to_crop(points), RNET_PX, config.size_px).astype(np.float32),
        confidence=landmark_confidence(scale_px, sight.hidden.astype(np.float32)),
        skin=skin_mask(frame.rgb, crop, five, sight.points_px, sight.mask),
        subject=clip.subject,
        clip=clip.name,
        split=clip.split,
        number=frame.number,
        time_s=frame.time_s,
        n_faces=n_faces,
    )
    sharp = sharpness(frame.rgb, crop_from_points(sight.points_px))
    return prepared, FaceLook(sharp, eyes.recognise(crop.image))


def _judged(
    part: list[_Candidate], choice: FrameChoice, min_confidence: float
) -> Iterator[PreparedFrame | LeftOutFrame]:
    kept = {frame.number: frame.face for frame in choice.kept}
    aside = {frame.number: LeftOutFrame(frame.reason, str(frame)) for frame in choice.set_aside}
    for candidate in part:
        number = candidate.look.number
        if number in aside:
            yield aside[number]
            continue
        frame = candidate.frames[kept[number]]
        mean = float(frame.confidence.mean())
        if mean >= min_confidence:
            yield frame
        else:
            what = f"frame {number + 1}, at {frame.time_s:.2f} s: unsure ({mean:.2f}, limit {min_confidence:g})"
            yield LeftOutFrame("unsure", what)


def _parts(candidates: Iterator[_Candidate]) -> Iterator[list[_Candidate]]:
    while part := list(islice(candidates, PART)):
        yield part


def _followed_first(boxes: list[FaceBox], followed: FaceBox) -> list[FaceBox]:
    """The face that lies most nearly where it lay before comes first, if any does; else the largest."""
    if not boxes:
        return []
    shared = overlaps(followed.box_px, np.stack([box.box_px for box in boxes]))
    best = int(shared.argmax())
    return boxes if shared[best] < _SAME_PLACE else [boxes[best], *boxes[:best], *boxes[best + 1 :]]
