"""What a photo shows of each texel of a head's texture map."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.geometry import Camera, PerspectiveCamera, facing, vertex_normals
from manyfaces.render.rasterise import Backend
from manyfaces.render.sampling import sampled
from manyfaces.render.texture_map import TextureMap
from manyfaces.render.visibility import visible_vertices

LEAST_FACING = 0.05
"""Cosine between the normal and the direction to the viewer from which on a texel counts as visible (DECA)."""


@dataclass(frozen=True)
class UnwrappedPhoto:
    """A photo on the texture map.

    Attributes:
        texture: the photo's colours; zero where it does not show the texel.
        visible: 1 where the photo shows the texel, else 0.
        points_px: where each texel is on the photo, x and y in pixels; differentiable. Zero off the surface.
    """

    texture: Float[Tensor, "B H W C"]
    visible: Float[Tensor, "B H W"]
    points_px: Float[Tensor, "B H W 2"]


def unwrap_photo(
    photo: Float[Tensor, "B H2 W2 C"],
    vertices: Float[Tensor, "B V 3"],
    camera: Camera,
    layout: TextureMap,
    tolerance_m: float = 0.002,
    least_facing: float = LEAST_FACING,
    backend: Backend = "auto",
) -> UnwrappedPhoto:
    """Fetch the photo's colour for every texel that it shows.

    A texel is shown if it is on the photo, turned towards the camera, and not behind the head. What else may stand
    before the face (a hand, hair) is the caller's to find: unwrap its mask along, as one more channel.

    Args:
        photo: any channels; (0, 0) is the centre of the top-left pixel.
        vertices: head frame, metres.
        camera: that took the photo, one for each head or one for all.
        layout: the head's texture map.
        tolerance_m: see `visible_vertices`.
        least_facing: see `LEAST_FACING`.
        backend: of the rasteriser.

    Returns:
        Colours, differentiable in photo, vertices and camera; visibility is constant.
    """
    batch, (height, width) = len(photo), layout.covered.shape
    surface = layout.of(vertices).flatten(1, 2)
    projection = camera.project(surface)
    shown = _shown(vertices, layout.faces, surface, camera, photo.shape[1:3], tolerance_m, backend)
    with torch.no_grad():
        normals = F.normalize(layout.of(vertex_normals(vertices, layout.faces)).flatten(1, 2), dim=-1)
        shown &= (facing(normals, surface, camera) > least_facing) & layout.covered.flatten()
    texture = sampled(photo, projection.points_px) * shown[..., None]
    points_px = projection.points_px * layout.covered.flatten()[:, None]

    def as_map(values: Tensor) -> Tensor:
        return values.reshape(batch, height, width, *values.shape[2:])

    return UnwrappedPhoto(as_map(texture), as_map(shown.to(photo)), as_map(points_px))


def _shown(
    vertices: Tensor,
    faces: Int[Tensor, "F 3"],
    surface: Tensor,
    camera: Camera,
    size: tuple[int, ...],
    tolerance_m: float,
    backend: Backend,
) -> Tensor:
    """Which points of the surface are on the photo and not behind the mesh, (B, N)."""
    # Texels ride along as vertices that no triangle uses.
    points = camera.project(torch.cat([vertices, surface], 1)).with_depth
    perspective = isinstance(camera, PerspectiveCamera)
    seen = visible_vertices(points, faces, (size[0], size[1]), tolerance_m, backend, perspective)
    return seen[:, vertices.shape[1] :]
