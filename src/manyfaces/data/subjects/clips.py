"""Clips of one subject: smooth motion, one place, one light, and the exact truth of every frame."""

from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.core.seeds import torch_generator
from manyfaces.data.people import PeopleConfig
from manyfaces.data.people.coefficients import placed
from manyfaces.data.people.looks import Looks
from manyfaces.data.people.pictures import photograph
from manyfaces.data.subjects.fields import normal
from manyfaces.data.subjects.moods import FrameConfig, FrameLaw
from manyfaces.data.subjects.painting import finer_shades, painter
from manyfaces.data.subjects.subject import Subject
from manyfaces.detect.rnet_alignment import FRAME_ORIGIN_PX, RNET_PX, points_at
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.geometry import Camera, OrthographicCamera, PerspectiveCamera
from manyfaces.methods.personal.surface import DetailSurface

_HEAD_PX = 190  # about the height of a head in R-Net's frame
_HEAD_AT, _SWAY = (0.5, 0.45), 0.05  # on a video frame, shares of its side
_DRIFT = 0.02  # of the light, deviation between keyframes


@dataclass(frozen=True)
class ClipConfig:
    """How clips are drawn.

    Attributes:
        n_frames: of a clip.
        fps: frames per second.
        key_frames: frames from one expression or pose to the next.
        size_px: side of the pictures; all show R-Net's frame.
        frames: expressions, and the limits of pose (`frames.people`): held-out clips may have wider ones.
        trembling: how much a crop's place and scale tremble, shares of what `PeopleConfig` lets them be off.
    """

    n_frames: int = 48
    fps: float = 25.0
    key_frames: int = 10
    size_px: int = 112
    frames: FrameConfig = field(default_factory=lambda: FrameConfig(people=PeopleConfig(shift_px=4.0, zoom=0.04)))
    trembling: float = 0.15


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames of one subject with their truth.

    Attributes:
        pictures: RGB.
        time_s: of each frame.
        coefficients: for the subject's face model; for the base model, of the nearest face in its span.
        landmarks_px: the 68 points of the true geometry, R-Net's frame of 224 pixels (video frames: their own pixels).
        vertices: true coarse heads about the face model's origin, metres.
        tension: on the subject's texture map; displacement_m likewise, faded with `DetailSurface.skin`.
        subject: who it is.
    """

    pictures: UInt8[Tensor, "T 3 P P"]
    time_s: Float[Tensor, " T"]
    coefficients: Float[Tensor, "T K"]
    landmarks_px: Float[Tensor, "T 68 2"]
    vertices: Float[Tensor, "T V 3"]
    tension: Float[Tensor, "T S S"]
    displacement_m: Float[Tensor, "T S S"]
    subject: Subject


class ClipLaw:
    """Draws clips; the same for the same subject, seed and number.

    Args:
        face: the base model's face.
        surface: where the subjects' detail lies.
        config: how.
    """

    def __init__(self, face: FaceModel, surface: DetailSurface, config: ClipConfig | None = None):
        self.config = config or ClipConfig()
        self._surface = surface
        self._frames = FrameLaw(face, self.config.frames)
        self._looks = Looks.of(face.head)
        self._painter = painter(face.head, surface.layout)

    @torch.no_grad()
    def clip(self, subject: Subject, seed: int, number: int) -> Clip:
        """A clip in R-Net's frame, cut around the five points of each frame but for a trembling error."""
        return self.taken(subject, self.motion(subject, seed, number)[0], seed, number)

    @torch.no_grad()
    def taken(self, subject: Subject, c: FaceCoefficients, seed: int, number: int) -> Clip:
        """Certain frames of a subject in R-Net's frame: any expressions, poses and lights, in one place."""
        size = self.config.size_px
        return self._taken(subject, c, size, subject.face.camera(c).scaled(size / RNET_PX), RNET_PX, seed, number)

    @torch.no_grad()
    def video(self, subject: Subject, seed: int, number: int, size_px: int = 360, head: float = 0.35) -> Clip:
        """Whole frames of a camera that stands still, for what has to find the face by itself.

        Args:
            subject: who is on it.
            seed: root of all random streams.
            number: of the clip.
            size_px: side of the frames.
            head: its height, a share of the frame's.
        """
        c, sway = self.motion(subject, seed, number)
        c = replace(c, translation=c.translation.mean(0).expand_as(c.translation))
        scale = head * size_px / _HEAD_PX
        middle = torch.tensor(FRAME_ORIGIN_PX)
        wanted = size_px * (torch.tensor(_HEAD_AT) + _SWAY * sway)
        camera = subject.face.camera(c).scaled(scale).shifted(wanted - (middle + 0.5) * scale)
        return self._taken(subject, c, size_px, camera, size_px, seed, number)

    def motion(self, subject: Subject, seed: int, number: int) -> tuple[FaceCoefficients, Float[Tensor, "T 2"]]:
        """What the frames show, and how the head sways besides, about -1 to 1."""
        config, generator = self.config, torch_generator(seed, "clip", subject.number, number)
        n_keys = 2 + (config.n_frames - 1) // config.key_frames
        keys = self._frames.sample(subject, n_keys, generator)
        off = torch.rand(1, 3, generator=generator) * 2 - 1 + config.trembling * normal(generator, n_keys, 3)
        light = keys.light[:1] + _DRIFT * normal(generator, n_keys, 1, 9)

        def smooth(values: Tensor) -> Tensor:
            return between_keys(values, config.n_frames, config.key_frames)

        c = FaceCoefficients(
            identity=subject.identity.expand(config.n_frames, -1),
            expression=smooth(keys.expression),
            albedo=subject.albedo.expand(config.n_frames, -1),
            angles=smooth(keys.angles),
            light=smooth(light),
            translation=torch.zeros(config.n_frames, 3),
        )
        sway = smooth(normal(generator, n_keys, 2).clamp(-1.5, 1.5))
        return placed(subject.face, c, config.frames.people, smooth(off).clamp(-1, 1)), sway

    def _taken(
        self,
        subject: Subject,
        c: FaceCoefficients,
        size: int,
        camera: Camera,
        points_of_px: int,
        seed: int,
        number: int,
    ) -> Clip:
        vertices = subject.face.vertices(c)
        tension = self._surface.tension(subject.neutral.expand_as(vertices), vertices)
        displacement_m = subject.displacement_m(tension)
        shades = finer_shades(subject, self._surface, c, displacement_m)
        landmarks = subject.face.head.landmarks(vertices)
        on_picture = camera.project(landmarks).points_px
        pictures = [
            # One stream for all frames: hair, room and camera are those of the first.
            photograph(
                subject.face,
                self._looks,
                frame,
                one_camera,
                size,
                torch_generator(seed, "clip looks", subject.number, number),
                lambda drawn, shade=shade: self._painter.on(drawn, shade[None]),
            )
            for frame, one_camera, shade in zip(_each(c), _each(camera), shades, strict=True)
        ]
        return Clip(
            torch.cat(pictures),
            torch.arange(len(vertices)) / self.config.fps,
            c.joined(),
            points_at(on_picture, points_of_px, size),
            vertices,
            tension,
            displacement_m * self._surface.skin,
            subject,
        )


Rows = TypeVar("Rows", bound=FaceCoefficients | PerspectiveCamera | OrthographicCamera)


def _each(batch: Rows) -> list[Rows]:
    """The rows of a batch, each a batch of one."""
    parts = {part.name: getattr(batch, part.name) for part in fields(batch)}
    n = len(next(iter(parts.values())))
    return [type(batch)(**{name: values[k : k + 1] for name, values in parts.items()}) for k in range(n)]


def between_keys(values: Float[Tensor, "K *D"], n_frames: int, key_frames: int) -> Float[Tensor, "T *D"]:
    """Values of all frames from those at keyframes: there they stand still, in between they move smoothly.

    Args:
        values: at frames 0, `key_frames`, 2 `key_frames` and so on, past the last frame.
        n_frames: how many frames.
        key_frames: from one keyframe to the next.
    """
    time = torch.arange(n_frames) / key_frames
    first = time.long().clamp(max=len(values) - 2)
    share = (time - first).to(values)
    share = (share * share * (3 - 2 * share)).view(-1, *[1] * (values.ndim - 1))
    return values[first] * (1 - share) + values[first + 1] * share
