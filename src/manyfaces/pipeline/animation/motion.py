"""What is taken from a driving clip: expression, jaw, and how the head turns and moves."""

from array import array
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.geometry.camera import Camera, PerspectiveCamera
from manyfaces.pipeline.result import Reconstruction


@dataclass(frozen=True)
class Motion:
    """One frame of the driver.

    Attributes:
        number: of the frame in its clip.
        time_s: seconds from the clip's first frame.
        expression: coefficients.
        jaw: axis-angle, radians.
        rotation: camera_from_head.
        translation: the head's origin in the camera's axes, metres; sideways from the middle of the picture; the depth
            is 0 where the camera is orthographic.
    """

    number: int
    time_s: float
    expression: Float[Tensor, " E"]
    jaw: Float[Tensor, "3"]
    rotation: Float[Tensor, "3 3"]
    translation: Float[Tensor, "3"]

    @staticmethod
    def of(result: Reconstruction, number: int, time_s: float, focal_px: float | None = None) -> "Motion":
        """The motion of the best hypothesis.

        Args:
            result: of the frame.
            number: of the frame.
            time_s: likewise.
            focal_px: the focal length of the whole clip, for a face is followed by cameras of crops, whose own focal
                lengths say how large the crop is; None for the frame's own. Orthographic cameras have none.
        """
        best = result.best
        height, width = result.photo.shape[:2]
        middle_px = best.camera.rotation.new_tensor([(width - 1) / 2, (height - 1) / 2])
        place = _place(best.camera, middle_px, focal_px)
        parts = (best.expression, best.jaw, best.camera.rotation, place)
        return Motion(number, time_s, *(part.detach().cpu().float() for part in parts))

    def about(self, rest: "Motion") -> "Motion":
        """The same with another frame as the resting face: its expression and jaw are subtracted."""
        return replace(self, expression=self.expression - rest.expression, jaw=self.jaw - rest.jaw)


def focal_px(result: Reconstruction) -> float | None:
    """The focal length of a result's camera; None where it is orthographic."""
    camera = result.best.camera
    return float(camera.focal_px) if isinstance(camera, PerspectiveCamera) else None


def _place(camera: Camera, middle_px: Float[Tensor, "2"], focal_px: float | None) -> Float[Tensor, "3"]:
    origin = camera.project(camera.rotation.new_zeros(1, 3))
    if isinstance(camera, PerspectiveCamera):
        scale_px = camera.focal_px / origin.depth[0]
        depth = (camera.focal_px if focal_px is None else focal_px) / scale_px
    else:
        scale_px, depth = camera.scale_px, torch.zeros_like(camera.scale_px)
    return torch.cat([(origin.points_px[0] - middle_px) / scale_px, depth.reshape(1)])


@dataclass(frozen=True)
class MotionTrack:
    """The frames of a clip that were tracked, in order.

    Attributes:
        numbers: of the frames.
        times_s: seconds from the clip's first frame.
        expression: coefficients.
        jaw: axis-angle, radians.
        rotation: camera_from_head.
        translation: see `Motion`.
    """

    numbers: Int[Tensor, " T"]
    times_s: Float[Tensor, " T"]
    expression: Float[Tensor, "T E"]
    jaw: Float[Tensor, "T 3"]
    rotation: Float[Tensor, "T 3 3"]
    translation: Float[Tensor, "T 3"]

    def __len__(self) -> int:
        """How many frames."""
        return len(self.times_s)

    @property
    def rotation_from_first(self) -> Float[Tensor, "T 3 3"]:
        """How the head is turned against the first frame, in the head frame of that."""
        return self.rotation[0].mT @ self.rotation

    @property
    def translation_from_first(self) -> Float[Tensor, "T 3"]:
        """How the head's origin has moved since the first frame, in the head frame of that, metres."""
        return (self.translation - self.translation[0]) @ self.rotation[0]


class MotionRecorder:
    """Keeps the motion of a clip, half a kilobyte a frame, however long the clip."""

    def __init__(self) -> None:
        self._values = array("d")
        self._n_expression = 0
        self._frames = 0

    def __len__(self) -> int:
        """How many frames."""
        return self._frames

    def add(self, motion: Motion) -> None:
        """Append a frame."""
        self._n_expression = len(motion.expression)
        parts = (motion.expression, motion.jaw, motion.rotation.flatten(), motion.translation)
        self._values.extend([motion.number, motion.time_s, *torch.cat(parts).tolist()])
        self._frames += 1

    def track(self) -> MotionTrack:
        """All frames so far."""
        rows = torch.from_numpy(np.array(self._values).reshape(self._frames, -1))
        numbers, times_s, expression, jaw, rotation, place = rows.split([1, 1, self._n_expression, 3, 9, 3], 1)
        return MotionTrack(
            numbers[:, 0].long(),
            times_s[:, 0],
            expression.float(),
            jaw.float(),
            rotation.unflatten(1, (3, 3)).float(),
            place.float(),
        )
