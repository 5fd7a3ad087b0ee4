"""A head with displacements: the mesh of all texels, and the normals that light falls on."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.render.normals import shading_normals
from manyfaces.render.texture_map import TextureMap


@dataclass(frozen=True)
class ReliefGrid:
    """The texels of a texture map as the vertices of a mesh; see `relief_grid`.

    Attributes:
        layout: the texture map.
        texels: flat index of the texel that is each vertex, ascending.
        faces: two triangles for each square of four texels of one chart, counter-clockwise seen from outside.
    """

    layout: TextureMap
    texels: Int[Tensor, " N"]
    faces: Int[Tensor, "G 3"]

    def to_map(self, values: Float[Tensor, "B N C"]) -> Float[Tensor, "B H W C"]:
        """Values of the vertices at their texels; zero elsewhere."""
        height, width = self.layout.covered.shape
        flat = values.new_zeros(len(values), height * width, values.shape[-1])
        return flat.index_copy(1, self.texels, values).unflatten(1, (height, width))

    def from_map(self, values: Float[Tensor, "B H W C"]) -> Float[Tensor, "B N C"]:
        """Values of a map at the vertices."""
        return values.flatten(1, 2).index_select(1, self.texels)

    def to(self, device: torch.device | str) -> "ReliefGrid":
        """The same grid on another device."""
        return ReliefGrid(self.layout.to(device), self.texels.to(device), self.faces.to(device))


@dataclass(frozen=True)
class Relief:
    """Detailed heads.

    Attributes:
        vertices: one for each covered texel, head frame, metres; their triangles are `ReliefGrid.faces`.
        normals: unit normals of the detailed surface at the texels, head frame; zero off the surface.
    """

    vertices: Float[Tensor, "B N 3"]
    normals: Float[Tensor, "B H W 3"]


def relief_grid(layout: TextureMap) -> ReliefGrid:
    """Join the texels of each chart to a mesh. Between charts there are gaps, at most a texel wide on either side."""
    height, width = layout.covered.shape
    texels = layout.covered.flatten().nonzero()[:, 0]
    place = torch.full((height * width,), -1, device=texels.device)
    place[texels] = torch.arange(len(texels), device=texels.device)
    place = place.view(height, width)
    corners = [place[:-1, :-1], place[1:, :-1], place[1:, 1:], place[:-1, 1:]]
    chart = torch.where(layout.covered, layout.at_texels(layout.charts), -1)
    charts = [chart[:-1, :-1], chart[1:, :-1], chart[1:, 1:], chart[:-1, 1:]]
    whole = (charts[0] >= 0) & (charts[0] == charts[1]) & (charts[0] == charts[2]) & (charts[0] == charts[3])
    top_left, bottom_left, bottom_right, top_right = (corner[whole] for corner in corners)
    faces = torch.stack(
        [
            torch.stack([top_left, bottom_left, bottom_right], -1),
            torch.stack([top_left, bottom_right, top_right], -1),
        ],
        1,
    )
    flip = layout.at_texels(layout.mirrored)[:-1, :-1][whole]
    faces = torch.where(flip[:, None, None], faces.flip(-1), faces)
    return ReliefGrid(layout, texels, faces.flatten(0, 1))


def displace(vertices: Float[Tensor, "B V 3"], displacement_m: Float[Tensor, "B H W"], grid: ReliefGrid) -> Relief:
    """Move every texel of a head along its normal.

    V + D N on the texture map (DECA, equation 9), V and N interpolated from the coarse mesh. The detailed normals are
    those of the coarse mesh, smooth, plus what the displacement changes in the normals of the grid. Taken from
    the grid alone they would show the facets of the coarse mesh, which DECA hides by a fixed displacement map.
    Without displacement the coarse normals come out.

    Args:
        vertices: coarse heads, head frame, metres.
        displacement_m: metres, outward.
        grid: of the head's texture map.

    Returns:
        Detailed heads, differentiable in vertices and displacements.
    """
    layout = grid.layout
    flat = grid.from_map(layout.of(vertices))
    smooth = F.normalize(grid.from_map(layout.of(shading_normals(vertices, layout.faces))), dim=-1)
    moved = flat + grid.from_map(displacement_m[..., None]) * smooth
    change = shading_normals(moved, grid.faces) - shading_normals(flat, grid.faces)
    normals = F.normalize(smooth + change, dim=-1)
    return Relief(moved, grid.to_map(normals))


def blend_normals(
    detailed: Float[Tensor, "*B H W 3"], coarse: Float[Tensor, "*B H W 3"], share: Float[Tensor, "*#B H W"]
) -> Float[Tensor, "*B H W 3"]:
    """Unit normals between two maps: the detailed ones where `share` is 1, the coarse ones where it is 0.

    Detail is wanted on the face alone, and not on the eyes.
    """
    return F.normalize(share[..., None] * detailed + (1 - share[..., None]) * coarse, dim=-1)
