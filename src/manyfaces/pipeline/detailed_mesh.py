"""A head and the detail on it as one mesh."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.geometry.camera import HEAD_TO_CAMERA
from manyfaces.geometry.mesh import vertex_normals
from manyfaces.render import (
    CLAY,
    DEFAULT_LIGHT,
    ReliefGrid,
    displace,
    linear_from_srgb,
    shade,
    srgb_from_linear,
)
from manyfaces.render.normals import shading_normals

_BELOW_M = 5e-4


@dataclass(frozen=True)
class DetailedMesh:
    """The coarse head's vertices come first, then a vertex for each texel.

    Attributes:
        vertices: metres, head frame.
        faces: counter-clockwise from outside.
        albedo: sRGB, without light.
        normals: unit vectors, those of the detailed surface.
    """

    vertices: Float[Tensor, "1 N 3"]
    faces: Int[Tensor, "F 3"]
    albedo: Float[Tensor, "1 N 3"]
    normals: Float[Tensor, "1 N 3"]

    def colours(self, rotation: Float[Tensor, "1 3 3"]) -> Float[Tensor, "1 N 3"]:
        """Lit as `render_mesh` lights colours, but by normals that are not those of the mesh.

        Args:
            rotation: camera_from_head: light stays where it is when the head turns.
        """
        seen = self.normals @ (HEAD_TO_CAMERA.to(self.normals) @ rotation).mT
        return srgb_from_linear(shade(linear_from_srgb(self.albedo), seen, DEFAULT_LIGHT.to(seen)))


def detailed_mesh(
    vertices: Float[Tensor, "1 V 3"],
    albedo: Float[Tensor, "V 3"] | None,
    displacement_m: Float[Tensor, "H W"],
    grid: ReliefGrid,
) -> DetailedMesh:
    """Put detail on a head.

    The head stays as it is where nothing is displaced. Elsewhere it lies below the detail, deeper than the deepest
    wrinkle, and shows only where the texture map leaves gaps.

    Args:
        vertices: of the coarse head.
        albedo: sRGB; None for clay.
        displacement_m: outward, metres.
        grid: of the head's texture map.
    """
    faces, depth_m = grid.layout.faces, _BELOW_M - min(0.0, float(displacement_m.min()))
    below = _below(displacement_m, grid, vertices.shape[1])
    colours = (vertices.new_tensor(CLAY).expand_as(vertices[0]) if albedo is None else albedo)[None]
    coarse = vertices - depth_m * below[:, None] * vertex_normals(vertices, faces)
    relief = displace(vertices, displacement_m[None], grid)
    covering = below[faces].any(-1)[_face_of_texel(grid)][grid.faces].any(-1)
    return DetailedMesh(
        torch.cat([coarse, relief.vertices], 1),
        torch.cat([faces, grid.faces[covering] + vertices.shape[1]]),
        torch.cat([colours, grid.from_map(grid.layout.of(colours))], 1),
        torch.cat([shading_normals(vertices, faces), grid.from_map(relief.normals)], 1),
    )


def _below(displacement_m: Float[Tensor, "H W"], grid: ReliefGrid, n_vertices: int) -> Bool[Tensor, " V"]:
    """Vertices of the triangles on which a texel is displaced."""
    displaced = grid.from_map(displacement_m[None, ..., None])[0, :, 0] != 0
    below = torch.zeros(n_vertices, dtype=torch.bool, device=displacement_m.device)
    below[grid.layout.faces[_face_of_texel(grid)[displaced]]] = True
    return below


def _face_of_texel(grid: ReliefGrid) -> Int[Tensor, " N"]:
    return grid.layout.fragments.face_ids.flatten()[grid.texels].long()
