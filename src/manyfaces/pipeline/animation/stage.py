"""How a character looks beside the driver."""

import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from manyfaces.geometry.camera import OrthographicCamera
from manyfaces.pipeline.animation.character import Character
from manyfaces.pipeline.animation.motion import Motion
from manyfaces.pipeline.detailed_mesh import detailed_mesh
from manyfaces.pipeline.views import detailed_view, head_views

ROOM = 1.7
"""How many times the height of the face the picture is high."""


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
        mesh = detailed_mesh(vertices, who.albedo, displacement, who.detail.grid)
        return detailed_view(mesh, camera, size)

    def _camera(self, rotation: Float[Tensor, "3 3"]) -> OrthographicCamera:
        scale_px = rotation.new_tensor([self._scale_px])
        at = rotation.new_tensor([(self._side_px - 1) / 2] * 2) - scale_px * (rotation @ self._middle)[:2]
        return OrthographicCamera(scale_px, rotation[None], at[None])
