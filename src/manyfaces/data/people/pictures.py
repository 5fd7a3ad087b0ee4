"""Pictures of synthetic people, as a mediocre camera would take them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.core.seeds import torch_generator
from manyfaces.data.people.backdrop import sample_backdrop, with_hair_and_shoulders
from manyfaces.data.people.coefficients import CoefficientLaw
from manyfaces.data.people.config import PeopleConfig
from manyfaces.data.people.looks import Looks, hair_colour, head_box_px
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.faces.model import rotation_from_angles, usual
from manyfaces.geometry import Camera
from manyfaces.render import Render, deng_harmonics, render_mesh
from manyfaces.render.normals import shading_normals

_SUPERSAMPLE = 2

Finer = Callable[[Render], Float[Tensor, "B H W 3"]]
"""From a render to factors of its colours."""


@dataclass(frozen=True)
class PeopleBatch:
    """Pictures with their truth.

    Attributes:
        pictures: RGB.
        coefficients: what they show, a vector each.
    """

    pictures: UInt8[Tensor, "B 3 S S"]
    coefficients: Float[Tensor, "B K"]


class People:
    """Endless people; a batch is a function of seed and step alone.

    Args:
        face: turns coefficients into faces; its head has drawn colours.
        config: how people are drawn.
        device: where all of it is computed.
        seed: of the expressions that are drawn beforehand to pick from; what is measured has other ones than what is
            learnt from.

    Attributes:
        face: see above; config likewise.
        law: draws the coefficients.
    """

    def __init__(self, face: FaceModel, config: PeopleConfig, device: str | torch.device = "cpu", seed: int = 0):
        self.face = face.to(device)
        self.config = config
        self._device = torch.device(device)
        self.law = CoefficientLaw(face, config, seed)
        self._looks = Looks.of(face.head)

    @torch.no_grad()
    def batch(self, seed: int, step: int, size: int) -> PeopleBatch:
        """Draw one batch."""
        generator = torch_generator(seed, "people", step, device=self._device)
        c = self.law.sample(size, generator)
        return PeopleBatch(self.photograph(c, generator), c.joined())

    def coefficients(self, seed: int, step: int, size: int) -> Float[Tensor, "B K"]:
        """What a batch shows, without its pictures."""
        return self.law.sample(size, torch_generator(seed, "people", step, device=self._device)).joined()

    def photograph(self, c: FaceCoefficients, generator: torch.Generator) -> UInt8[Tensor, "B 3 S S"]:
        """Take a picture of each face; what the coefficients leave out is drawn."""
        size = self.config.size_px
        return photograph(self.face, self._looks, c, self.face.camera(c).scaled(size / RNET_PX), size, generator)


def photograph(
    face: FaceModel,
    looks: Looks,
    c: FaceCoefficients,
    camera: Camera,
    size_px: int,
    generator: torch.Generator,
    finer: Finer | None = None,
) -> UInt8[Tensor, "B 3 S S"]:
    """Take a picture of each face, with hair, a room behind it, and a mediocre camera.

    Args:
        face: turns coefficients into faces.
        looks: of its head.
        c: the faces.
        camera: where pictures are taken from.
        size_px: side of the pictures.
        generator: source of all randomness.
        finer: what colours of the skin are multiplied by, for what is finer than the head's vertices.
    """
    n, vertices = len(c.angles), face.vertices(c)
    normals = shading_normals(vertices, face.head.faces) @ rotation_from_angles(c.angles).mT
    light = deng_harmonics(normals) @ usual(c.light).mT
    hair = hair_colour(face.head, c.albedo)
    share = looks.hair_share(n, generator)
    lit = face.head.albedo(c.albedo) * light
    colours = looks.coloured(lit, hair * light, share, normals, generator).clamp(0, 1)
    grown = looks.grown(vertices, share, generator)
    drawn = render_mesh(
        grown, face.head.faces, camera, (size_px, size_px), albedo=colours, light=None, supersample=_SUPERSAMPLE
    )
    backdrop = sample_backdrop(n, size_px, generator)
    backdrop = with_hair_and_shoulders(backdrop, head_box_px(camera, grown), hair[:, 0], generator)
    mask = drawn.mask[:, None]
    skin = drawn.rgb if finer is None else drawn.rgb * finer(drawn)
    picture = skin.permute(0, 3, 1, 2) * mask + backdrop * (1 - mask)
    return (developed(picture, generator) * 255).round().to(torch.uint8)


def developed(picture: Float[Tensor, "B 3 S S"], generator: torch.Generator) -> Float[Tensor, "B 3 S S"]:
    """What a mediocre camera makes of a picture: exposure, contrast, a little colour, blur, noise."""
    n = len(picture)

    def uniform(low: float, high: float, channels: int = 1) -> Tensor:
        return low + (high - low) * torch.rand(n, channels, 1, 1, generator=generator, device=generator.device)

    soft = F.avg_pool2d(F.pad(picture, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    share = uniform(-0.8, 1.0)
    picture = picture + (soft - picture) * share
    balance = uniform(0.8, 1.2) * uniform(0.95, 1.05, 3)
    contrast = uniform(0.85, 1.15)
    picture = ((picture * balance).clamp(min=0) - 0.5) * contrast + 0.5
    grey = (uniform(0, 1) < 0.08).float()
    picture = picture * (1 - grey) + grey * picture.mean(1, keepdim=True)
    noise = torch.randn(picture.shape, generator=generator, device=generator.device)
    return (picture + uniform(0, 1) ** 3 * 0.05 * noise).clamp(0, 1)
