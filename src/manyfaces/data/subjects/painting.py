"""Detail painted onto pictures of coarse heads: each pixel of skin takes its shade from the texture map."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.subjects.subject import Subject
from manyfaces.data.subjects.textures import openness
from manyfaces.faces import FaceCoefficients
from manyfaces.faces.model import light_on
from manyfaces.heads import HeadModel
from manyfaces.methods.personal.surface import DetailSurface
from manyfaces.render import Render, TextureMap, interpolate
from manyfaces.render.fragments import Fragments
from manyfaces.render.normals import shading_normals

_LIMITS = (0.3, 2.0)  # no pixel gets darker or brighter by more


def finer_shades(
    subject: Subject, surface: DetailSurface, c: FaceCoefficients, displacement_m: Float[Tensor, "B S S"]
) -> Float[Tensor, "B S S 3"]:
    """What marks and relief multiply the colours of coarse heads by; one where there is no skin."""
    vertices, layout = subject.face.vertices(c), surface.layout
    fine = surface.relief(vertices, displacement_m).normals
    coarse = F.normalize(layout.of(shading_normals(vertices, layout.faces)), dim=-1)
    light, flat = (light_on(normals.flatten(1, 2), c).view_as(normals) for normals in (fine, coarse))
    albedo = layout.of(subject.colours[None]).clamp(min=0.02)
    marked = (albedo + subject.marks).clamp(min=0.01) / albedo
    lit = light.clamp(min=0.02) / flat.clamp(min=0.02)
    factor = (marked * lit * openness(displacement_m * surface.skin)[..., None]).clamp(*_LIMITS)
    return 1 + surface.skin[..., None] * (factor - 1)


@dataclass(frozen=True)
class Painter:
    """Puts maps onto renders of a head; see `painter`.

    Attributes:
        points: of the texture map, in units of `grid_sample`: -1 to 1 across the map.
        triangles: of these points, one for each of the head's.
    """

    points: Float[Tensor, "T 2"]
    triangles: Tensor

    def on(self, drawn: Render, maps: Float[Tensor, "B S S C"]) -> Float[Tensor, "B H W C"]:
        """Values of maps at the pixels of a render; those of the border beyond a map's own."""
        at = interpolate(drawn.fragments, self.triangles, self.points.expand(len(maps), -1, -1))
        values = F.grid_sample(maps.permute(0, 3, 1, 2), at, padding_mode="border", align_corners=False)
        covered = drawn.fragments.mask[:, None].to(values)
        factor = drawn.fragments.mask.shape[1] // drawn.mask.shape[1]
        mean = F.avg_pool2d(values * covered, factor) / F.avg_pool2d(covered, factor).clamp(min=1e-6)
        return mean.permute(0, 2, 3, 1)


def painter(head: HeadModel, layout: TextureMap) -> Painter:
    """What paints a texture map's part onto renders of a head.

    Which part of the head's map the layout shows is read off its own texels: columns are linear in u, rows in v.
    """
    data = head.data
    uv, triangles = torch.as_tensor(data.uv).float(), torch.as_tensor(data.uv_faces).long()
    side = layout.covered.shape
    texels_uv = interpolate(_one(layout.fragments), triangles, uv[None])[0][layout.covered]
    rows, columns = layout.covered.nonzero().float().unbind(1)
    scaled = [(2 * (places + 0.5) / n - 1) for places, n in ((columns, side[1]), (rows, side[0]))]
    points = [_line(texels_uv[:, k], scaled[k], uv[:, k]) for k in (0, 1)]
    return Painter(torch.stack(points, -1), triangles)


def _line(known: Tensor, values: Tensor, at: Tensor) -> Tensor:
    """A linear function of one number, from its values where they are known."""
    known, values = known.double(), values.double()
    slope = ((known - known.mean()) * (values - values.mean())).sum() / (known - known.mean()).square().sum()
    return (values.mean() + slope * (at.double() - known.mean())).float()


def _one(fragments: Fragments) -> Fragments:
    return Fragments(fragments.face_ids[:1], fragments.depth[:1], fragments.barycentrics[:1])
