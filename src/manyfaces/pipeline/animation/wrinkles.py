"""A head and the detail on it as one mesh with lit colours."""

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
class LitMesh:
    """What can be drawn without more light.

    Attributes:
        vertices: metres, head frame.
        faces: counter-clockwise from outside.
        colours: sRGB.
    """

    vertices: Float[Tensor, "1 N 3"]
    faces: Int[Tensor, "F 3"]
    colours: Float[Tensor, "1 N 3"]


def wrinkled(
    vertices: Float[Tensor, "1 V 3"],
    albedo: Float[Tensor, "V 3"] | None,
    displacement_m: Float[Tensor, "H W"],
    grid: ReliefGrid,
    rotation: Float[Tensor, "1 3 3"],
) -> LitMesh:
    """Put detail on a head.

    The head stays as it is where nothing is displaced. Elsewhere it lies below the detail, deeper than the deepest
    wrinkle, and shows only where the texture map leaves gaps.

    Args:
        vertices: of the coarse head.
        albedo: sRGB; None for clay.
        displacement_m: outward, metres.
        grid: of the head's texture map.
        rotation: camera_from_head: light stays where it is when the head turns.
    """
    faces, depth_m = grid.layout.faces, _BELOW_M - min(0.0, float(displacement_m.min()))
    below = _below(displacement_m, grid, vertices.shape[1])
    colours = (vertices.new_tensor(CLAY).expand_as(vertices[0]) if albedo is None else albedo)[None]
    coarse = vertices - depth_m * below[:, None] * vertex_normals(vertices, faces)
    relief = displace(vertices, displacement_m[None], grid)
    on_it = grid.from_map(grid.layout.of(colours))
    covering = below[faces].any(-1)[_face_of_texel(grid)][grid.faces].any(-1)
    return LitMesh(
        torch.cat([coarse, relief.vertices], 1),
        torch.cat([faces, grid.faces[covering] + vertices.shape[1]]),
        torch.cat(
            [
                _lit(colours, shading_normals(vertices, faces), rotation),
                _lit(on_it, grid.from_map(relief.normals), rotation),
            ],
            1,
        ),
    )


def _below(displacement_m: Float[Tensor, "H W"], grid: ReliefGrid, n_vertices: int) -> Bool[Tensor, " V"]:
    """Vertices of the triangles on which a texel is displaced."""
    displaced = grid.from_map(displacement_m[None, ..., None])[0, :, 0] != 0
    below = torch.zeros(n_vertices, dtype=torch.bool, device=displacement_m.device)
    below[grid.layout.faces[_face_of_texel(grid)[displaced]]] = True
    return below


def _face_of_texel(grid: ReliefGrid) -> Int[Tensor, " N"]:
    return grid.layout.fragments.face_ids.flatten()[grid.texels].long()


def _lit(
    albedo: Float[Tensor, "1 N 3"], normals: Float[Tensor, "1 N 3"], rotation: Float[Tensor, "1 3 3"]
) -> Float[Tensor, "1 N 3"]:
    """Colours as `render_mesh` lights them, for normals that are not those of the mesh."""
    seen = normals @ (HEAD_TO_CAMERA.to(normals) @ rotation).mT
    return srgb_from_linear(shade(linear_from_srgb(albedo), seen, DEFAULT_LIGHT.to(normals)))
