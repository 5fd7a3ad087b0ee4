"""One clip of one person, a frame of it ready to learn from, and what a set of clips is."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8

from manyfaces.data.faces.sample import Split


@dataclass(frozen=True)
class ClipSource:
    """A video, or a folder of pictures, that shows one person.

    Attributes:
        name: of the clip, unique in its set.
        subject: the person; one name, one person.
        path: of the video or the folder.
        split: the part of the set that it belongs to; None where the set has none.
        fake: the face on it was put there by a program.
    """

    name: str
    subject: str
    path: Path
    split: Split | None = None
    fake: bool = False

    @property
    def is_video(self) -> bool:
        """Frames follow one another; pictures of a folder may be years apart."""
        return not self.path.is_dir()


@dataclass(frozen=True)
class ClipSet:
    """The clips of a data set.

    Attributes:
        name: of the set.
        clips: in the order of their names.
    """

    name: str
    clips: tuple[ClipSource, ...]


@dataclass(frozen=True, eq=False)
class PreparedFrame:
    """A frame cut out, with all that is learned from.

    Attributes:
        crop: the face in R-Net's frame, RGB, at any size.
        landmarks_px: the 68 points, pixels of the 224 frame, whatever the crop's size.
        confidence: of each point, see `landmark_confidence`.
        skin: of each pixel of the crop, 255 where it surely shows skin of this face, see `skin_mask`.
        subject: the person.
        clip: the clip's name.
        split: the clip's.
        number: of the frame, from 0.
        time_s: seconds from the first frame; of pictures in a folder without meaning.
        n_faces: on the whole frame.
    """

    crop: UInt8[np.ndarray, "S S 3"]
    landmarks_px: Float32[np.ndarray, "68 2"]
    confidence: Float32[np.ndarray, "68"]
    skin: UInt8[np.ndarray, "S S"]
    subject: str
    clip: str
    split: Split | None
    number: int
    time_s: float
    n_faces: int = 1
