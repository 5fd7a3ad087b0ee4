"""Which places of a mesh form its silhouette: the line through its triangles, or the vertices beside it."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.geometry.silhouette import silhouette_vertices

RimKind = Literal["contour", "vertices"]
"""See `Rim`."""


@dataclass(frozen=True)
class Rim:
    """The pieces of a mesh that may form its silhouette.

    Of a "contour" each piece is a triangle: where the cosine towards the viewer, linear between vertices, is zero in
    it, the silhouette runs through it as a segment. Of "vertices" each piece is a vertex, one end of an edge between
    seen and unseen (Mao et al., CVPR 2025, equation 1): up to the length of an edge off the line.

    Attributes:
        kind: which of the two.
        face_ids: the triangles; for vertices one that each is a corner of.
        corners: for vertices which corner, 0 to 2; zero for triangles.
        sides: +1 for pieces of the subject's left, -1 for the right, 0 for both; at rest.
    """

    kind: RimKind
    face_ids: Int[Tensor, " P"]
    corners: Int[Tensor, " P"]
    sides: Float[Tensor, " P"]

    @torch.no_grad()
    def seen(self, towards: Float[Tensor, "*B V"], faces: Int[Tensor, "F 3"], edges: Int[Tensor, "E 2"]) -> "SeenRim":
        """Which pieces the silhouette runs through, and where.

        Args:
            towards: cosines towards the viewer at the vertices, see `facing`.
            faces: of the mesh.
            edges: each edge once.
        """
        own = faces.long()[self.face_ids]
        if self.kind == "contour":
            return _crossings(towards[..., own])
        vertices = own.gather(-1, self.corners[:, None])[:, 0]
        present = silhouette_vertices(towards, edges).index_select(-1, vertices)
        at_corner = torch.nn.functional.one_hot(self.corners, 3).to(towards)[:, None].expand(-1, 2, -1)
        return SeenRim(present, at_corner.expand(*present.shape, 2, 3))

    def to(self, device: torch.device | str) -> "Rim":
        """The same on another device."""
        return Rim(self.kind, self.face_ids.to(device), self.corners.to(device), self.sides.to(device))


@dataclass(frozen=True)
class SeenRim:
    """Where a silhouette runs.

    Attributes:
        present: the pieces that it runs through.
        ends: barycentric weights of both ends of a piece in its triangle; both alike for a vertex.
    """

    present: Bool[Tensor, "*B P"]
    ends: Float[Tensor, "*B P 2 3"]


def _crossings(towards: Float[Tensor, "*B P 3"]) -> SeenRim:
    """The segments of a linear function's zero line in triangles.

    One corner is on the other side than the two others; the line crosses the two edges that meet in it.
    """
    seen = towards > 0
    count = seen.sum(-1)
    present = (count == 1) | (count == 2)
    lone = torch.where((count == 1)[..., None], seen, ~seen).float().argmax(-1)
    value = towards.gather(-1, lone[..., None])
    others = (lone[..., None] + torch.arange(1, 3, device=lone.device)) % 3
    gap = value - towards.gather(-1, others)
    share = torch.where(present[..., None], value / torch.where(gap == 0, torch.ones_like(gap), gap), 0.0)
    at_lone, at_others = (torch.nn.functional.one_hot(corners, 3).to(towards) for corners in (lone, others))
    return SeenRim(present, torch.lerp(at_lone[..., None, :].expand_as(at_others), at_others, share[..., None]))
