"""What tracking gives for each frame."""

from dataclasses import dataclass

from manyfaces.io.frames import Frame
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.result import Reconstruction


@dataclass(frozen=True, eq=False)
class TrackedFrame:
    """A frame that shows the person.

    Attributes:
        frame: as it came.
        face: what was seen on it, before any smoothing.
        reconstruction: one hypothesis. The identity is that of the clip; expression, jaw, camera, points, colours and
            light are smoothed.
    """

    frame: Frame
    face: SeenFace
    reconstruction: Reconstruction


@dataclass(frozen=True)
class LostFrame:
    """A frame on which the person was not found.

    Attributes:
        number: of the frame.
        time_s: seconds from the first frame.
        reason: why, a few words.
    """

    number: int
    time_s: float
    reason: str
