"""Frames in, reconstructions of one person out, each as soon as its frame is there."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch

from manyfaces.io.frames import Frame
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.methods import Method
from manyfaces.pipeline.options import LookOptions
from manyfaces.pipeline.predictor import Predictor
from manyfaces.pipeline.video.following import Follower, Say
from manyfaces.pipeline.video.frames import LostFrame, TrackedFrame
from manyfaces.pipeline.video.options import TrackOptions
from manyfaces.pipeline.video.person import Gatherer, told_to_model
from manyfaces.pipeline.video.steady import Steadier
from manyfaces.pipeline.workers import run_alone

LAST_ASKED = 1024
"""A person who is found on the way is no longer changed after so many frames."""


def track(
    stream: Iterable[Frame],
    predictor: Predictor,
    options: TrackOptions | None = None,
    say: Say = lambda remark: None,
) -> Iterator[TrackedFrame | LostFrame]:
    """Reconstruct one person on every frame of a video.

    The identity is one for all frames: give it as `TrackOptions.person`, or it is found on the way, and becomes better
    with the first frames. Nothing is looked ahead at, nothing is kept: memory does not depend on the length.

    Args:
        stream: frames in order, see `open_frames`.
        predictor: a model of any method.
        options: how.
        say: takes remarks, such as that there are several faces.

    Yields:
        One result for each frame, in order.

    Raises:
        InputError: the model has no such option, or the value makes no sense.
    """
    options = options or TrackOptions()
    method, said = predictor.method, told_to_model(predictor, options)
    follower = Follower(method.eyes, options.occlusion, options.face, say)
    cast = _Known(options.person) if options.person is not None else _FoundOnTheWay(method, said)
    steadier = Steadier() if options.smooth else None
    for frame in stream:
        # Not around the whole loop: a generator that waits must not change its caller's mode.
        with torch.no_grad():
            face = run_alone(lambda frame=frame: follower.see(frame), method.eyes.workers)
            if isinstance(face, LostFrame):
                result = face
            else:
                [one] = method.reconstruct_as(cast.of(frame, face), [face], said)
                result = TrackedFrame(frame, face, one if steadier is None else steadier.step(one, frame.time_s))
        yield result


class _Known:
    """A person who is known from the start."""

    def __init__(self, person: Any):
        self._person = person

    def of(self, frame: Frame, face: SeenFace) -> Any:
        return self._person


class _FoundOnTheWay:
    """A person of whom the frames so far are all that is known: the 1st, 2nd, 4th, 8th, ... is asked and changes it."""

    def __init__(self, method: Method[Any], options: LookOptions):
        self._gatherer = Gatherer(method, options)
        self._frames = 0
        self._person: Any = None

    def of(self, frame: Frame, face: SeenFace) -> Any:
        self._frames += 1
        if self._frames <= LAST_ASKED and self._frames.bit_count() == 1:
            self._gatherer.add(frame, face)
            person = self._gatherer.person()
            assert person is not None
            self._person = person.identity
        return self._person
