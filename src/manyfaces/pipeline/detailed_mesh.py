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


@dataclass(frozen=True)
class Covering:
    """Texels laid over a head where detail may stand out: the same triangles however far it does.

    Elsewhere the head stays as it is. Under them it lies below the detail, deeper than the deepest wrinkle, and shows
    only where the texture map leaves gaps.

    Attributes:
        grid: of the head's texture map.
        below: vertices of the head that lie under texels.
        faces: those of the head, then those of the texels, counter-clockwise from outside.
    """

    grid: ReliefGrid
    below: Bool[Tensor, " V"]
    faces: Int[Tensor, "F 3"]

    @staticmethod
    def of(standing: Bool[Tensor, "H W"], grid: ReliefGrid, n_vertices: int) -> "Covering":
        """Lay texels out.

        Args:
            standing: texels that may stand out.
            grid: see above.
            n_vertices: of the head.
        """
        faces, face_of_texel = grid.layout.faces, grid.layout.fragments.face_ids.flatten()[grid.texels].long()
        below = torch.zeros(n_vertices, dtype=torch.bool, device=faces.device)
        below[faces[face_of_texel[standing.flatten()[grid.texels]]]] = True
        covering = below[faces].any(-1)[face_of_texel][grid.faces].any(-1)
        return Covering(grid, below, torch.cat([faces, grid.faces[covering] + n_vertices]))

    def surface(
        self, vertices: Float[Tensor, "1 V 3"], displacement_m: Float[Tensor, "H W"]
    ) -> tuple[Float[Tensor, "1 N 3"], Float[Tensor, "1 N 3"]]:
        """Vertices, metres, and their unit normals: of the head, then of the texels.

        Args:
            vertices: of the coarse head.
            displacement_m: outward, metres.
        """
        faces, depth_m = self.grid.layout.faces, _BELOW_M - min(0.0, float(displacement_m.min()))
        coarse = vertices - depth_m * self.below[:, None] * vertex_normals(vertices, faces)
        relief = displace(vertices, displacement_m[None], self.grid)
        normals = shading_normals(vertices, faces), self.grid.from_map(relief.normals)
        return torch.cat([coarse, relief.vertices], 1), torch.cat(normals, 1)

    def colours(self, albedo: Float[Tensor, "V 3"]) -> Float[Tensor, "1 N 3"]:
        """Of the same vertices."""
        return torch.cat([albedo[None], self.grid.from_map(self.grid.layout.of(albedo[None]))], 1)


def detailed_mesh(
    vertices: Float[Tensor, "1 V 3"],
    albedo: Float[Tensor, "V 3"] | None,
    displacement_m: Float[Tensor, "H W"],
    grid: ReliefGrid,
) -> DetailedMesh:
    """Put detail on a head; see `Covering`.

    Args:
        vertices: of the coarse head.
        albedo: sRGB; None for clay.
        displacement_m: outward, metres.
        grid: of the head's texture map.
    """
    covering = Covering.of(displacement_m != 0, grid, vertices.shape[1])
    positions, normals = covering.surface(vertices, displacement_m)
    colours = covering.colours(vertices.new_tensor(CLAY).expand_as(vertices[0]) if albedo is None else albedo)
    return DetailedMesh(positions, covering.faces, colours, normals)
