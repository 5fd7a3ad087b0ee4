"""What makes a rendered head look like a person: hair that stands out, gloss, shade, mottled skin."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from manyfaces.geometry import Camera
from manyfaces.heads import HeadModel
from manyfaces.heads.skin_colours import DIRECTIONS, hair_reach

_SOFT_M = 0.002  # hairlines are this blurred


@dataclass(frozen=True)
class Looks:
    """Draws what the coefficients leave out; nothing of it moves the face's own surface.

    Attributes:
        reach_m: how far each vertex lies from the head's own hair.
        height_m: of each vertex above the middle of the face.
    """

    reach_m: Float[Tensor, " V"]
    height_m: Float[Tensor, " V"]

    @staticmethod
    def of(head: HeadModel) -> "Looks":
        """The looks of a head model."""
        reach = torch.from_numpy(hair_reach(head.data)).float()
        return Looks(reach, head.template[:, 1] - head.landmarks(head.template)[:, 1].mean())

    def hair_share(self, n: int, generator: torch.Generator) -> Float[Tensor, "B V"]:
        """How much of each vertex is hair: hairlines recede and come down, some heads are shaved."""
        line_m = _uniform((n, 1), -0.004, 0.022, generator)
        shaved = _chance((n, 1), 0.12, generator)
        share = torch.sigmoid((line_m - self.reach_m.to(line_m)) / _SOFT_M)
        return share * (1 - shaved)

    def grown(
        self, vertices: Float[Tensor, "B V 3"], share: Float[Tensor, "B V"], generator: torch.Generator
    ) -> Float[Tensor, "B V 3"]:
        """Let the hair stand out from the skull, more on top than at the sides."""
        n = len(vertices)
        thick_m = _uniform((n, 1), 0.0, 0.035, generator)
        top = (self.height_m.to(vertices) / 0.09).clamp(0.15, 1.2)
        from_middle = vertices - vertices.mean(1, keepdim=True)
        out = from_middle / from_middle.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        waves = 1 + 0.25 * torch.sin(vertices @ _normal((n, 3, 1), generator).mul(60) + 3 * thick_m[..., None])[..., 0]
        return vertices + out * (share * thick_m * top * waves)[..., None]

    def coloured(
        self,
        lit: Float[Tensor, "B V 3"],
        hair: Float[Tensor, "B V 3"],
        share: Float[Tensor, "B V"],
        normals: Float[Tensor, "B V 3"],
        generator: torch.Generator,
    ) -> Float[Tensor, "B V 3"]:
        """Lit colours with hair, mottling, a soft shadow and gloss.

        Args:
            lit: colours as the coefficients have them.
            hair: colours of hair, lit.
            share: what `hair_share` drew.
            normals: unit vectors, turned as the head is.
            generator: source of all randomness.
        """
        n, n_vertices = lit.shape[:2]
        strands = 1 + 0.25 * _normal((n, n_vertices, 1), generator)
        mottled = 1 + _uniform((n, 1, 1), 0.0, 0.04, generator) * _normal((n, n_vertices, 1), generator)
        colours = lit * mottled * (1 - share[..., None]) + hair * strands * share[..., None]
        side = normalize(_normal((n, 1, 3), generator), dim=-1)
        edge = (normals * side).sum(-1, keepdim=True) - _uniform((n, 1, 1), -0.4, 0.8, generator)
        shade = _uniform((n, 1, 1), 0.0, 0.35, generator) * _chance((n, 1, 1), 0.5, generator)
        lamp = normalize(_normal((n, 1, 3), generator) + torch.tensor([0.0, 0.5, 1.5]).to(lit), dim=-1)
        half = normalize(lamp + torch.tensor([0.0, 0.0, 1.0]).to(lit), dim=-1)
        hard = _uniform((n, 1, 1), 4.0, 30.0, generator)
        gloss = (
            0.3
            * _uniform((n, 1, 1), 0.0, 1.0, generator) ** 2
            * (normals * half).sum(-1, keepdim=True).clamp(min=0) ** hard
        )
        return colours * (1 - shade * torch.sigmoid(8 * edge)) + gloss * (1 - 0.6 * share[..., None])


def hair_colour(head: HeadModel, albedo: Float[Tensor, "B T"]) -> Float[Tensor, "B 1 3"]:
    """The colour of a head's hair: that of its scalp, which the colour space knows; brown where there is no scalp."""
    if "scalp" not in head.data.masks:
        return albedo.new_tensor((0.3, 0.2, 0.15)).expand(len(albedo), 1, 3)
    colours = head.albedo(albedo * _hair_only(albedo.shape[-1]).to(albedo))
    return colours[:, head.mask("scalp")].mean(1, keepdim=True).clamp(0.02, 1)


def _hair_only(n: int) -> Tensor:
    return torch.tensor([float(name.startswith("hair")) for name in DIRECTIONS[:n]])


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator, device=generator.device)


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)


def _chance(shape: tuple[int, ...], probability: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(shape, generator=generator, device=generator.device) < probability).float()


def head_box_px(camera: Camera, vertices: Float[Tensor, "B V 3"]) -> Float[Tensor, "B 4"]:
    """The upright box around each head on the picture: x0, y0, x1, y1."""
    points_px = camera.project(vertices).points_px
    return torch.cat([points_px.amin(1), points_px.amax(1)], -1)
