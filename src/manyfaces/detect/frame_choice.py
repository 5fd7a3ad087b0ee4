"""Which frames of a video show one person well; what is set aside is listed with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

SetAsideReason = Literal["no face", "other person", "blurred"]

_MOST_COMPARED = 400
"""Embeddings that are compared with all others to find the person: spread over the video, so that time stays linear."""


@dataclass(frozen=True, eq=False)
class FaceLook:
    """One face of a frame.

    Attributes:
        sharpness: see `detect.sharpness`.
        embedding: of a face-recognition network, any length but zero; None where there is no such network.
    """

    sharpness: float
    embedding: Float[np.ndarray, " D"] | None = None


@dataclass(frozen=True, eq=False)
class FrameLook:
    """One frame.

    Attributes:
        number: from 0.
        time_s: seconds.
        faces: largest first.
    """

    number: int
    time_s: float
    faces: tuple[FaceLook, ...]


@dataclass(frozen=True)
class FrameLimits:
    """What a frame must keep to.

    Attributes:
        distance: to the person's mean embedding, 1 - cosine; the network's own verification threshold.
        sharpness: as a share of the median over the person's faces.
    """

    distance: float = 0.6
    sharpness: float = 0.35


@dataclass(frozen=True)
class KeptFrame:
    """A frame that shows the person.

    Attributes:
        number: of the frame.
        face: which of its faces.
    """

    number: int
    face: int


@dataclass(frozen=True)
class SetAsideFrame:
    """A frame that does not, or not well.

    Attributes:
        number: of the frame.
        time_s: seconds.
        reason: why.
        measured: the distance or sharpness that broke the limit; nan where there is no face.
        limit: that it broke; nan where there is no face.
    """

    number: int
    time_s: float
    reason: SetAsideReason
    measured: float = float("nan")
    limit: float = float("nan")

    def __str__(self) -> str:
        what = f"frame {self.number + 1}, at {self.time_s:.2f} s: {self.reason}"
        if self.reason == "no face":
            return what
        return f"{what} ({self.measured:.3g}, limit {self.limit:.3g})"


@dataclass(frozen=True)
class FrameChoice:
    """All frames, each in one of two lists, in order."""

    kept: tuple[KeptFrame, ...]
    set_aside: tuple[SetAsideFrame, ...]


def choose_frames(
    frames: Sequence[FrameLook],
    limits: FrameLimits | None = None,
    person: Float[np.ndarray, " D"] | None = None,
) -> FrameChoice:
    """Choose the frames that show one person well.

    Of several faces on a frame the one nearest to the person counts, without embeddings the largest.

    Args:
        frames: what was found on each.
        limits: what they must keep to.
        person: embedding of the person; by default whoever is on most frames.
    """
    limits = limits or FrameLimits()
    person = most_seen_person(frames, limits.distance) if person is None else _unit(person)
    nearest = [_nearest(frame, person) for frame in frames]
    of_person = [
        frame.faces[face].sharpness
        for frame, (face, distance) in zip(frames, nearest, strict=True)
        if frame.faces and distance <= limits.distance
    ]
    least = limits.sharpness * float(np.median(of_person)) if of_person else 0.0
    kept, set_aside = [], []
    for frame, (face, distance) in zip(frames, nearest, strict=True):
        verdict = _verdict(frame, face, distance, limits.distance, least)
        if verdict is None:
            kept.append(KeptFrame(frame.number, face))
        else:
            set_aside.append(verdict)
    return FrameChoice(tuple(kept), tuple(set_aside))


def most_seen_person(frames: Sequence[FrameLook], distance: float) -> Float[np.ndarray, " D"] | None:
    """Mean embedding of whoever is on most frames; None where there are no embeddings.

    Args:
        frames: what was found on each.
        distance: 1 - cosine up to which two faces may be one person's.
    """
    embeddings = [_unit(f.embedding) for frame in frames for f in frame.faces if f.embedding is not None]
    if not embeddings:
        return None
    faces = np.stack(embeddings)
    spread = np.unique(np.linspace(0, len(faces) - 1, min(len(faces), _MOST_COMPARED)).round().astype(int))
    alike = faces[spread] @ faces.T >= 1 - distance
    return _unit(faces[alike[alike.sum(1).argmax()]].mean(0))


def _nearest(frame: FrameLook, person: np.ndarray | None) -> tuple[int, float]:
    """The face that is nearest to the person, and its distance; 0 where nothing is known of the person or the face."""
    if person is None:
        return 0, 0.0
    distances = [0.0 if f.embedding is None else 1 - float(_unit(f.embedding) @ person) for f in frame.faces]
    best = int(np.argmin(distances)) if distances else 0
    return best, distances[best] if distances else 0.0


def _verdict(frame: FrameLook, face: int, distance: float, farthest: float, least: float) -> SetAsideFrame | None:
    if not frame.faces:
        return SetAsideFrame(frame.number, frame.time_s, "no face")
    if distance > farthest:
        return SetAsideFrame(frame.number, frame.time_s, "other person", distance, farthest)
    if frame.faces[face].sharpness < least:
        return SetAsideFrame(frame.number, frame.time_s, "blurred", frame.faces[face].sharpness, least)
    return None


def _unit(embedding: np.ndarray) -> np.ndarray:
    return embedding / np.linalg.norm(embedding)
