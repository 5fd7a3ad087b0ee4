"""How a character looks beside the driver."""

import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from manyfaces.geometry.camera import HEAD_TO_CAMERA, OrthographicCamera
from manyfaces.geometry.mesh import vertex_normals
from manyfaces.pipeline.animation.character import Character, Detail
from manyfaces.pipeline.animation.motion import Motion
from manyfaces.pipeline.views import head_views
from manyfaces.render import CLAY, DEFAULT_LIGHT, Relief, displace, linear_from_srgb, shade, srgb_from_linear
from manyfaces.render.normals import shading_normals

ROOM = 1.7
"""How many times the height of the face the picture is high."""
_BELOW_M = 5e-4


class Stage:
    """Draws a character as the driver's camera sees the driver, but always in the middle and of one size.

    Args:
        character: who.
        side_px: of the square pictures.
    """

    def __init__(self, character: Character, side_px: int):
        self._character = character
        self._side_px = side_px
        face = character.neutral[character.head.region("front", "face")]
        low, high = face.amin(0), face.amax(0)
        middle = (low + high) / 2
        # In depth that of the whole head, so that it turns on the spot.
        middle[2] = (character.neutral[:, 2].min() + character.neutral[:, 2].max()) / 2
        self._middle = middle
        self._scale_px = side_px / (ROOM * float((high - low)[:2].max()))

    @torch.no_grad()
    def view(self, motion: Motion) -> UInt8[ndarray, "S S 3"]:
        """The character with a motion's expression, jaw and turn of the head."""
        who, size = self._character, (self._side_px, self._side_px)
        vertices = who.vertices(motion.expression[None], motion.jaw[None])
        camera = self._camera(motion.rotation.to(vertices))
        if who.detail is None:
            return head_views(vertices, who.head.faces, camera, size, who.albedo)[0]
        displacement = who.detail.displacement(motion.expression, motion.jaw)
        mesh = _wrinkled(who, who.detail, vertices, displacement, camera.rotation)
        return head_views(*mesh[:2], camera, size, mesh[2], light=None)[0]

    def _camera(self, rotation: Float[Tensor, "3 3"]) -> OrthographicCamera:
        scale_px = rotation.new_tensor([self._scale_px])
        at = rotation.new_tensor([(self._side_px - 1) / 2] * 2) - scale_px * (rotation @ self._middle)[:2]
        return OrthographicCamera(scale_px, rotation[None], at[None])


def _wrinkled(
    who: Character,
    detail: Detail,
    vertices: Float[Tensor, "1 V 3"],
    displacement_m: Float[Tensor, "H W"],
    rotation: Float[Tensor, "1 3 3"],
) -> tuple[Float[Tensor, "1 N 3"], Tensor, Float[Tensor, "1 N 3"]]:
    """The detailed surface, and below it the coarse head, which shows where the texture map leaves gaps.

    Returns:
        Vertices, triangles and lit colours of both in one mesh.
    """
    grid = detail.grid
    relief: Relief = displace(vertices, displacement_m[None], grid)
    clay = vertices.new_tensor(CLAY).expand(len(vertices[0]), 3)
    albedo = (clay if who.albedo is None else who.albedo)[None]
    # Below the deepest wrinkle.
    depth_m = _BELOW_M - min(0.0, float(displacement_m.min()))
    coarse = vertices - depth_m * vertex_normals(vertices, who.head.faces)
    colours = [
        _lit(grid.from_map(grid.layout.of(albedo)), grid.from_map(relief.normals), rotation),
        _lit(albedo, shading_normals(vertices, who.head.faces), rotation),
    ]
    faces = torch.cat([grid.faces, who.head.faces + relief.vertices.shape[1]])
    return torch.cat([relief.vertices, coarse], 1), faces, torch.cat(colours, 1)


def _lit(
    albedo: Float[Tensor, "1 N 3"], normals: Float[Tensor, "1 N 3"], rotation: Float[Tensor, "1 3 3"]
) -> Float[Tensor, "1 N 3"]:
    """Colours in the light of a studio, as `render_mesh` has them, for normals of one's own."""
    seen = normals @ (HEAD_TO_CAMERA.to(normals) @ rotation).mT
    return srgb_from_linear(shade(linear_from_srgb(albedo), seen, DEFAULT_LIGHT.to(normals)))
