"""A driving clip played by a character, frame by frame: what it did, and the video of both side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from manyfaces.core.errors import ChoiceError, ManyfacesError
from manyfaces.io.frames import Frame
from manyfaces.io.video_writing import VideoWriter
from manyfaces.pipeline.animation.character import Character
from manyfaces.pipeline.animation.motion import Motion, MotionRecorder, focal_px
from manyfaces.pipeline.animation.stage import Stage
from manyfaces.pipeline.video import LostFrame, TrackedFrame

Neutral = Literal["none", "first"]


@dataclass(frozen=True)
class PlayOptions:
    """How a clip is played.

    Attributes:
        neutral: what counts as the driver's resting face: "none", that of the head model, which coefficients are about
            anyway; "first", that of the first frame, for drivers whose face at rest is not, or is not seen as, neutral.
        height_px: the most that the video is high.
    """

    neutral: Neutral | str = "none"
    height_px: int = 640

    def __post_init__(self) -> None:
        """Check the choice.

        Raises:
            ChoiceError: unknown neutral face.
        """
        if self.neutral not in ("none", "first"):
            raise ChoiceError("neutral face", self.neutral, ["none", "first"])


@dataclass(frozen=True)
class Played:
    """What came of a clip.

    Attributes:
        motion: of the frames in which the driver was found; about the resting face that was asked for.
        lost: the frames in which not.
        stopped: by Ctrl-C.
        fault: what ended it early, if anything.
    """

    motion: MotionRecorder
    lost: tuple[LostFrame, ...]
    stopped: bool = False
    fault: ManyfacesError | None = None

    @property
    def n_frames(self) -> int:
        """Frames that were looked at."""
        return len(self.motion) + len(self.lost)


def play(
    character: Character,
    tracked: Iterable[TrackedFrame | LostFrame],
    video: VideoWriter,
    options: PlayOptions,
    told: Callable[[], None] = lambda: None,
) -> Played:
    """Play a clip to its end, to a fault or to Ctrl-C; what was done until then is kept in each case.

    Args:
        character: who plays.
        tracked: the driver, frame by frame.
        video: takes the pictures.
        options: see there.
        told: called after each frame.

    Raises:
        InputError: the driver was tracked on another head model.
        ManyfacesError: the clip failed before the driver was found.
    """
    player = _Player(character, video, options)
    try:
        for seen in tracked:
            player.take(seen)
            told()
    except KeyboardInterrupt:
        return player.played(stopped=True)
    except ManyfacesError as error:
        if not len(player.motion):
            raise
        return player.played(fault=error)
    return player.played()


class _Player:
    """Takes frames in, and keeps what `Played` tells and the last pictures."""

    def __init__(self, character: Character, video: VideoWriter, options: PlayOptions):
        self.motion = MotionRecorder()
        self._lost: list[LostFrame] = []
        self._character, self._video, self._options = character, video, options
        self._rest: Motion | None = None
        self._focal_px: float | None = None
        self._stage: Stage | None = None
        self._pictures: tuple[np.ndarray, ...] = ()

    def take(self, seen: TrackedFrame | LostFrame) -> None:
        """Play one frame; where the driver is lost, the pictures before stay on."""
        if isinstance(seen, LostFrame):
            self._lost.append(seen)
            if self._pictures:
                self._video.add(seen.time_s, *self._pictures)
            return
        motion = self._motion(seen)
        self.motion.add(motion)
        first = not self._pictures
        self._pictures = self._drawn(seen.frame, motion)
        if first and self._lost:  # the video is as long as the clip: the first pictures stand in for those before
            self._video.add(self._lost[0].time_s, *self._pictures)
        self._video.add(seen.frame.time_s, *self._pictures)

    def played(self, stopped: bool = False, fault: ManyfacesError | None = None) -> Played:
        """What came of it so far."""
        return Played(self.motion, tuple(self._lost), stopped, fault)

    def _motion(self, seen: TrackedFrame) -> Motion:
        result = seen.reconstruction
        if not len(self.motion):
            self._character.check_driver(result.head)
            self._focal_px = focal_px(result)
        motion = Motion.of(result, seen.frame.number, seen.frame.time_s, self._focal_px)
        if self._rest is None and self._options.neutral == "first":
            self._rest = motion
        return motion if self._rest is None else motion.about(self._rest)

    def _drawn(self, frame: Frame, motion: Motion) -> tuple[np.ndarray, np.ndarray]:
        height, width = frame.rgb.shape[:2]
        shown = min(height, self._options.height_px)
        if self._stage is None:
            self._stage = Stage(self._character, shown)
        size = (max(1, round(width * shown / height)), shown)
        driver = frame.rgb if shown == height else cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA)
        return driver, self._stage.view(motion)
