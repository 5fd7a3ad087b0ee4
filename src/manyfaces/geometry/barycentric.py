"""Points that ride on the surface of a mesh."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class SurfacePoints:
    """Points fixed to faces, whatever shape the mesh takes.

    Attributes:
        face_ids: the face each point lies on.
        barycentrics: weights of that face's corners, sum one.
    """

    face_ids: Int[Tensor, " L"]
    barycentrics: Float[Tensor, "L 3"]

    def on(self, vertices: Float[Tensor, "*B V C"], faces: Int[Tensor, "F 3"]) -> Float[Tensor, "*B L C"]:
        """Interpolate positions, or any values held at vertices, at the points."""
        corners = faces.long()[self.face_ids.long()]
        weights = self.barycentrics.to(vertices)
        picked = vertices.index_select(-2, corners.flatten()).unflatten(-2, (-1, 3))
        return (picked * weights[..., None]).sum(-2)

    def to(self, device: torch.device | str) -> "SurfacePoints":
        """The same points on another device."""
        return SurfacePoints(self.face_ids.to(device), self.barycentrics.to(device))
