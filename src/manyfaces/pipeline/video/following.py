"""One face from frame to frame: where it was says where to look next.

The detector looks at the whole picture, which takes longer than all else together; it is asked when there is no face to
go by, and now and then whether what is followed still is one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from manyfaces.detect import FaceBox, crop_from_box, crop_from_points, settled_points
from manyfaces.geometry import Crop
from manyfaces.io.frames import Frame
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.looking import Eyes
from manyfaces.pipeline.preprocess import FaceView, view_face
from manyfaces.pipeline.video.frames import LostFrame
from manyfaces.pipeline.video.hiding import Hiding

Say = Callable[[str], None]

N_VIEWS = 3
"""Crops each frame is looked at through. Photos are given six: here the frames before help."""
LEAST_SCORE = 0.5
CHECK_EVERY = 50
"""Frames after which the detector is asked whether there still is a face."""
REMEMBERED_S = 1.0
"""For so long after it was lost, a face is expected near to where it was."""
_SMALLEST_PX = 16.0


@dataclass(frozen=True)
class _Place:
    """Where the face was last: the crop that its points ask for, and when."""

    crop: Crop
    time_s: float


class Follower:
    """Finds one person's face on frame after frame.

    Args:
        eyes: of the model.
        occlusion: "auto" or "none".
        face: which face to begin with, 0 the largest, on the first frame that shows as many.
        say: takes remarks.
    """

    def __init__(self, eyes: Eyes, occlusion: str, face: int, say: Say):
        self._eyes, self._face, self._say = eyes, face, say
        self._hiding = Hiding(eyes.mesh) if occlusion == "auto" else None
        self._place: _Place | None = None
        self._tracked = False
        self._since_check = 0
        self._said_so = False

    def see(self, frame: Frame) -> SeenFace | LostFrame:
        """Find the face on the next frame."""
        view = self._followed(frame) or self._found(frame)
        if view is None:
            self._tracked = False
            reason = "no face was found" if self._place or not self._face else f"no face {self._face} was found"
            return LostFrame(frame.number, frame.time_s, reason)
        crop = crop_from_points(view.points_px)
        self._tracked = view.detected.score >= LEAST_SCORE and _is_on(crop, frame.rgb)
        self._place = _Place(crop, frame.time_s)
        return SeenFace(frame.rgb, 0, view)

    def _followed(self, frame: Frame) -> FaceView | None:
        """The face where it should be, if nothing speaks against it."""
        if not self._tracked or self._place is None:
            return None
        crop = self._place.crop
        self._since_check += 1
        if self._since_check >= CHECK_EVERY:
            boxes = self._detected(frame)
            if boxes and not any(_distance(box, crop) < 1 for box in boxes):
                return None
        view = self._look(frame, crop)
        return view if view.detected.score >= LEAST_SCORE else None

    def _found(self, frame: Frame) -> FaceView | None:
        """The face where the detector sees it."""
        boxes = self._detected(frame)
        if not boxes or (self._place is None and len(boxes) <= self._face):
            return None
        if len(boxes) > 1 and not self._said_so:
            self._said_so = True
            which = "the largest" if self._face == 0 else f"face {self._face}, counted from the largest as 0,"
            self._say(f"frame {frame.number + 1} shows {len(boxes)} faces: {which} is followed")
        if self._hiding is not None:
            self._hiding.forget()
        found = settled_points(self._eyes.mesh, frame.rgb, crop_from_box(self._chosen(boxes, frame.time_s)))
        return self._look(frame, crop_from_points(found.points_px))

    def _look(self, frame: Frame, crop: Crop) -> FaceView:
        mask = np.zeros(frame.rgb.shape[:2], bool) if self._hiding is None else self._hiding.mask(frame.rgb, crop)
        return view_face(frame.rgb, crop, mask, self._eyes.mesh, self._eyes.encoder, N_VIEWS)

    def _detected(self, frame: Frame) -> list[FaceBox]:
        self._since_check = 0
        return self._eyes.detect(frame.rgb)

    def _chosen(self, boxes: list[FaceBox], time_s: float) -> FaceBox:
        """The face that is nearest to where it was last; of a new scene the largest, or the one counted to."""
        place = self._place
        if place is None:
            return boxes[self._face]
        if time_s - place.time_s > REMEMBERED_S:
            return boxes[0]
        return min(boxes, key=lambda box: _distance(box, place.crop))


def _distance(box: FaceBox, crop: Crop) -> float:
    """How far a face is from another: in sizes of the other, and by how many times its size differs."""
    found = crop_from_box(box)
    away = float(np.hypot(*np.subtract(found.centre_px, crop.centre_px)))
    return 2 * away / crop.size_px + abs(float(np.log2(found.size_px / crop.size_px)))


def _is_on(crop: Crop, image: UInt8[np.ndarray, "H W 3"]) -> bool:
    """Whether a crop is worth looking into: its middle on the picture, and not tiny."""
    (x, y), (height, width) = crop.centre_px, image.shape[:2]
    return crop.size_px > _SMALLEST_PX and 0 <= x < width and 0 <= y < height
