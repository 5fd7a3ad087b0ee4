"""Named points of a head, tied to its surface."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import HeadFileError


@dataclass(frozen=True)
class LandmarkEmbedding:
    """Points tied to the surface.

    Attributes:
        face_ids: (L,) triangle of each point.
        barycentrics: (L, 3) weights of the triangle's corners; each row sums to one.
        indices: (L,) which points of the scheme these are, or None where they are all of them, in its order.
    """

    face_ids: Int[np.ndarray, " L"]
    barycentrics: Float[np.ndarray, "L 3"]
    indices: Int[np.ndarray, " L"] | None = None


@dataclass(frozen=True)
class ContourEmbedding:
    """The jaw line as a camera in front sees it: other points of the surface for each turn of the head.

    Row r is for the head turned by r degrees to the subject's left, up to row `limit_deg`; the rows after that are for
    1, 2, ... degrees to the right. Further turns use the last row of their side.

    Attributes:
        face_ids: (R, L) triangle of each point, R = 2 limit + 1.
        barycentrics: (R, L, 3) weights of the triangle's corners; each row sums to one.
    """

    face_ids: Int[np.ndarray, "R L"]
    barycentrics: Float[np.ndarray, "R L 3"]

    @property
    def limit_deg(self) -> int:
        """The furthest turn there is a row for, degrees."""
        return (len(self.face_ids) - 1) // 2

    def rows(self, yaw: Float[Tensor, "*B"]) -> Int[Tensor, "*B"]:
        """Row for each turn of the head, radians, positive to the subject's left."""
        limit = self.limit_deg
        turn = (yaw * (180 / math.pi)).round().clamp(-limit, limit).long()
        return torch.where(turn < 0, limit - turn, turn)

    def ahead(self) -> LandmarkEmbedding:
        """The jaw line of a head that looks straight into the camera."""
        return LandmarkEmbedding(self.face_ids[0], self.barycentrics[0])


def check_embedding(what: str, points: LandmarkEmbedding | ContourEmbedding, n_faces: int) -> None:
    """Check that points lie on the triangles of a head.

    Raises:
        HeadFileError: shapes differ, a triangle is not there, or weights are no barycentric coordinates.
    """
    faces, weights = points.face_ids, points.barycentrics
    if weights.shape != (*faces.shape, 3):
        raise HeadFileError(f"{what}: weights of shape {weights.shape} for triangles of shape {faces.shape}")
    if faces.size and (faces.min() < 0 or faces.max() >= n_faces):
        raise HeadFileError(f"{what}: they name triangles that the head does not have", "take those of this head")
    # Points on an edge can be a little outside their triangle, as far as the tool's precision that placed them.
    if not np.isfinite(weights).all() or np.abs(weights.sum(-1) - 1).max(initial=0) > 1e-2:
        raise HeadFileError(f"{what}: weights of a triangle's corners do not sum to one")
    if isinstance(points, ContourEmbedding) and len(faces) % 2 == 0:
        raise HeadFileError(f"{what}: {len(faces)} turns of the head, not an odd number")
    indices = None if isinstance(points, ContourEmbedding) else points.indices
    if indices is not None and (indices.shape != faces.shape or indices.min(initial=0) < 0):
        raise HeadFileError(f"{what}: their numbers in the scheme do not fit")
