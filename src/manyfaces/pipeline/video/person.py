"""Whose face a video shows: what its sharpest frames, spread over its length, say together."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from manyfaces.core.errors import NoFaceError
from manyfaces.detect import crop_from_points
from manyfaces.detect.frame_choice import FaceLook, FrameLook, SetAsideFrame, choose_frames
from manyfaces.detect.sharpness import sharpness
from manyfaces.io.frames import Frame, FrameStream
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.methods import Method
from manyfaces.pipeline.options import LookOptions
from manyfaces.pipeline.predictor import Predictor
from manyfaces.pipeline.video.following import Follower, Say
from manyfaces.pipeline.video.options import TrackOptions
from manyfaces.pipeline.workers import run_alone

N_STRETCHES = 16
"""Frames that are asked, at least half as many once a video is long enough. Frames of one person err alike: sixteen
tell as much as four independent photos, a hundred as much as five (`several_photos.ERROR_CORRELATION`)."""
FIRST_PASS_FRAMES = 200
"""Frames of a first pass over a file, about: the others are not unpacked."""


@dataclass(frozen=True, eq=False)
class _Candidate:
    """The best frame of a stretch so far.

    Attributes:
        place: among the frames that were added.
        look: number, time and sharpness.
        worth: sharpness times the share of the points that is seen.
        face: what was seen, until it is asked.
    """

    place: int
    look: FrameLook
    worth: float
    face: SeenFace


@dataclass(frozen=True, eq=False)
class _Asked:
    """The best frame of a stretch that is over: as `_Candidate`, with what it told of the person."""

    place: int
    look: FrameLook
    worth: float
    told: Any


@dataclass(frozen=True, eq=False)
class ClipPerson:
    """Whose face a video shows.

    Attributes:
        identity: the person, as the model's method takes it (`Method.reconstruct_as`).
        frames: numbers of the frames that it is from.
        set_aside: frames that were asked and are too blurred.
    """

    identity: Any
    frames: tuple[int, ...]
    set_aside: tuple[SetAsideFrame, ...] = ()


class Gatherer:
    """Asks the sharpest frame of each stretch of a video, and keeps what it told, in constant memory.

    Stretches have the same length; when there are too many, each two next to each other become one.

    Args:
        method: of the model.
        options: for it.
        expected: how many frames there will be, if that is known.
    """

    def __init__(self, method: Method[Any], options: LookOptions, expected: int | None = None):
        self._method, self._options = method, options
        self._length = max(1, -(-(expected or 0) // N_STRETCHES))
        self._asked: list[_Asked] = []
        self._candidate: _Candidate | None = None
        self._added = 0

    def add(self, frame: Frame, face: SeenFace) -> None:
        """Take the next frame in."""
        sharp = sharpness(face.image, crop_from_points(face.view.points_px))
        look = FrameLook(frame.number, frame.time_s, (FaceLook(sharp),))
        new = _Candidate(self._added, look, sharp * float(1 - face.view.hidden.mean()), face)
        self._added += 1
        if self._candidate is not None and self._stretch(self._candidate) != self._stretch(new):
            self._ask()
        if self._candidate is None or new.worth > self._candidate.worth:
            self._candidate = new

    def person(self) -> ClipPerson | None:
        """Who it is, by the frames that are not blurred; None before any was added."""
        self._ask()
        if not self._asked:
            return None
        choice = choose_frames([one.look for one in self._asked])
        kept = {frame.number for frame in choice.kept}
        told = [one.told for one in self._asked if one.look.number in kept]
        return ClipPerson(self._method.identify(told, self._options), tuple(sorted(kept)), choice.set_aside)

    def _ask(self) -> None:
        one = self._candidate
        if one is not None:
            self._asked.append(_Asked(one.place, one.look, one.worth, self._method.tell(one.face, self._options)))
            self._candidate = None
        while len(self._asked) > N_STRETCHES:
            self._length *= 2
            best: dict[int, _Asked] = {}
            for asked in sorted(self._asked, key=lambda asked: asked.worth):
                best[self._stretch(asked)] = asked
            self._asked = sorted(best.values(), key=lambda asked: asked.place)

    def _stretch(self, one: _Candidate | _Asked) -> int:
        return one.place // self._length


@torch.no_grad()
def find_person(
    stream: FrameStream,
    predictor: Predictor,
    options: TrackOptions | None = None,
    say: Say = lambda remark: None,
    seen: Callable[[Frame], None] = lambda frame: None,
) -> ClipPerson:
    """Find out whose face a video shows, in a pass over it; give the result to `track` as `TrackOptions.person`.

    Of a long file, open a stream of some hundred frames: `open_frames(path, every=...)`.

    Args:
        stream: the video.
        predictor: a model.
        options: as `track` will take them.
        say: takes remarks.
        seen: called with each frame, for a bar of progress.

    Raises:
        NoFaceError: no frame shows a face.
    """
    options = options or TrackOptions()
    method, said = predictor.method, told_to_model(predictor, options)
    follower = Follower(method.eyes, options.occlusion, options.face, say)
    gatherer = Gatherer(method, said, stream.expected)
    n_frames = 0
    for frame in stream:
        face = run_alone(lambda frame=frame: follower.see(frame), method.eyes.workers)
        if isinstance(face, SeenFace):
            gatherer.add(frame, face)
        n_frames += 1
        seen(frame)
    person = gatherer.person()
    if person is None:
        raise no_face(stream, n_frames)
    return person


def no_face(stream: FrameStream, n_frames: int) -> NoFaceError:
    """What is wrong with a video that shows nobody, or that holds no frame that can be read."""
    if n_frames == 0 and stream.faults:
        return NoFaceError(stream.faults[0].message, stream.faults[0].fix)
    return NoFaceError(
        f"{stream.name}: no face was found on any of {n_frames} frames",
        "take a video in which a face is larger, or less hidden",
    )


def told_to_model(predictor: Predictor, options: TrackOptions) -> LookOptions:
    """What the model is told for each frame: as the options say, and one hypothesis."""
    return predictor.options(**options.model_options).of_one()
