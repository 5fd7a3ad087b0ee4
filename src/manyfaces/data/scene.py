"""Endless synthetic people: identity, expression, jaw, pose, camera, colours and light, all drawn from a seed."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.expressions import ExpressionLaw
from manyfaces.geometry import HEAD_TO_CAMERA, PerspectiveCamera, matrix_from_euler
from manyfaces.heads import HeadModel
from manyfaces.render import DEFAULT_LIGHT


@dataclass(frozen=True)
class SceneConfig:
    """How scenes are drawn.

    Attributes:
        size_px: side of the square picture.
        yaw_deg: standard deviation and limit of turning left and right.
        pitch_deg: the same of nodding.
        roll_deg: the same of tilting.
        face_share: smallest and largest head height over picture side.
        distance_m: smallest and largest distance of the camera.
    """

    size_px: int = 256
    yaw_deg: tuple[float, float] = (24.0, 65.0)
    pitch_deg: tuple[float, float] = (11.0, 35.0)
    roll_deg: tuple[float, float] = (12.0, 40.0)
    face_share: tuple[float, float] = (0.62, 0.92)
    distance_m: tuple[float, float] = (0.45, 4.0)


@dataclass(frozen=True)
class Scene:
    """One person before a camera.

    Attributes:
        identity: coefficients, standard deviations.
        expression: coefficients.
        jaw: axis-angle, radians.
        camera: puts the head on the picture.
        angles_deg: yaw, pitch, roll.
    """

    identity: Float[Tensor, " S"]
    expression: Float[Tensor, " E"]
    jaw: Float[Tensor, "3"]
    camera: PerspectiveCamera
    angles_deg: tuple[float, float, float]

    def vertices(self, head: HeadModel) -> Float[Tensor, "V 3"]:
        """The head's vertices, metres, head frame."""
        return head(self.identity[None], self.expression[None], head.jaw_pose(self.jaw[None]))[0]


def sample_scene(
    head: HeadModel, prior: ExpressionLaw, generator: np.random.Generator, config: SceneConfig | None = None
) -> Scene:
    """Draw one person."""
    config = config or SceneConfig()
    identity = torch.from_numpy(generator.standard_normal(head.n_identity).astype(np.float32))
    expression, jaw = prior.sample(generator)
    angles = tuple(_clipped(generator, *pair) for pair in (config.yaw_deg, config.pitch_deg, config.roll_deg))
    rotation = HEAD_TO_CAMERA @ matrix_from_euler(*(torch.tensor(math.radians(a)) for a in angles))
    # Uniform in 1 / distance: perspective goes with it.
    near, far = config.distance_m
    distance_m = 1 / generator.uniform(1 / far, 1 / near)
    head_height_m = 0.25
    focal_px = generator.uniform(*config.face_share) * config.size_px * distance_m / head_height_m
    offset_m = generator.uniform(-0.015, 0.015, 2)
    translation = torch.tensor([offset_m[0], offset_m[1], distance_m], dtype=torch.float32)
    middle = (config.size_px - 1) / 2
    camera = PerspectiveCamera(
        torch.tensor(focal_px, dtype=torch.float32), torch.tensor([middle, middle]), rotation.float(), translation
    )
    return Scene(identity, expression, jaw, camera, (angles[0], angles[1], angles[2]))


def sample_albedo(head: HeadModel, generator: np.random.Generator) -> Float[Tensor, "V 3"]:
    """Draw the colours of one person: skin tone, lips, brows, hair and eyes around the head's mean colours.

    A head model without colours is skin all over.
    """
    tone = _SKIN_TONES[int(generator.integers(len(_SKIN_TONES)))] * generator.uniform(0.9, 1.08)
    if head.data.albedo is None or "skin" not in head.data.masks:
        return torch.from_numpy(np.broadcast_to(np.clip(tone, 0.01, 1), head.template.shape).astype(np.float32))
    mean = torch.as_tensor(head.data.albedo, dtype=torch.float32)
    skin = head.data.masks["skin"]
    reference = np.median(np.asarray(mean)[skin & head.data.masks["front"]], 0)
    albedo = np.asarray(mean).copy()
    albedo[skin] *= tone / reference
    for name, low, high in (("brows", 0.3, 1.1), ("scalp", 0.2, 2.2), ("lips", 0.75, 1.1)):
        if name in head.data.masks:
            albedo[head.data.masks[name]] *= generator.uniform(low, high) * generator.uniform(0.9, 1.1, 3)
    albedo *= 1 + 0.03 * generator.standard_normal((len(albedo), 1))
    return torch.from_numpy(np.clip(albedo, 0.01, 1).astype(np.float32))


_SKIN_TONES = np.array(
    [[0.84, 0.62, 0.50], [0.72, 0.50, 0.38], [0.55, 0.36, 0.25], [0.34, 0.21, 0.14], [0.92, 0.74, 0.65]]
)


def sample_light(generator: np.random.Generator) -> Float[Tensor, "9 3"]:
    """Draw a light: the default one turned, tinted, softer or harder."""
    light = DEFAULT_LIGHT.clone().float()
    side = torch.tensor(generator.normal(0, 1, (3, 1)) * 0.45, dtype=torch.float32)
    light[1:4] = light[1:4] + side * light[0]
    tint = torch.tensor(1 + 0.08 * generator.standard_normal(3), dtype=torch.float32)
    return light * tint * float(generator.uniform(0.7, 1.2))


def sample_background(generator: np.random.Generator, size_px: int) -> Float[np.ndarray, "H W 3"]:
    """Draw a blurry backdrop, RGB in [0, 1]."""
    cells = int(generator.integers(1, 9))
    coarse = generator.uniform(0, 1, (cells, cells, 3)) * generator.uniform(0.1, 1) + generator.uniform(0, 0.5, 3)
    return np.clip(cv2.resize(coarse, (size_px, size_px), interpolation=cv2.INTER_CUBIC), 0, 1)


def _clipped(generator: np.random.Generator, deviation: float, limit: float) -> float:
    return float(np.clip(generator.normal(0, deviation), -limit, limit))
