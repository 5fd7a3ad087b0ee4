"""The closest points on a mesh, exact, found through a tree of boxes that is built once for many questions."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.geometry.barycentric import SurfacePoints

MOST_IN_LEAF = 4


@dataclass(frozen=True)
class ClosestPoints:
    """Where on a mesh each query point lands.

    Attributes:
        points: on the surface, the mesh's unit.
        distances: from query to surface, the same unit.
        surface: faces and barycentrics of the points.
    """

    points: Float[Tensor, "N 3"]
    distances: Float[Tensor, " N"]
    surface: SurfacePoints


class SurfaceTree:
    """A mesh to ask for closest points, on the CPU and in double precision.

    Args:
        vertices: any unit.
        faces: at least one; triangles without area are points or lines of the surface.

    Raises:
        InputError: no faces, or a vertex of theirs is not finite.
    """

    def __init__(self, vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"]):
        if len(faces) == 0:
            raise InputError("a mesh without triangles has no surface", "give one with faces")
        corners = vertices.detach().double().cpu().numpy()[faces.cpu().numpy()]
        if not np.isfinite(corners).all():
            raise InputError("the mesh holds vertices that are not finite")
        from manyfaces.geometry import surface_kernels

        self._kernels = surface_kernels
        self._levels = max(0, int(np.ceil(np.log2(len(faces) / MOST_IN_LEAF))))
        self._order = surface_kernels.sort_triangles(corners, self._levels)
        self._place_of = np.empty_like(self._order)
        self._place_of[self._order] = np.arange(len(faces))
        self._corners = np.ascontiguousarray(corners[self._order])
        self._boxes = surface_kernels.bound_nodes(self._corners, self._levels)

    def closest(self, points: Float[Tensor, "N 3"], guess: Int[Tensor, " N"] | None = None) -> ClosestPoints:
        """The nearest point of the whole surface for each query point.

        Args:
            points: queries, the mesh's unit; finite.
            guess: a face that is probably near each one, such as that of an earlier answer: makes it faster, and
                changes nothing.

        Returns:
            In double precision. Where several faces are equally near, the one of the least number.
        """
        queries = np.ascontiguousarray(points.detach().double().cpu().numpy())
        places, weights = np.zeros(len(queries), np.int64), np.empty((len(queries), 3))
        if guess is not None:
            places[:] = self._place_of[guess.cpu().numpy()]
        self._kernels.find_nearest(
            queries, places.copy(), self._corners, self._order, self._boxes, self._levels, places, weights
        )
        landed = np.einsum("nk,nkc->nc", weights, self._corners[places])
        distances = np.linalg.norm(landed - queries, axis=-1)
        surface = SurfacePoints(torch.from_numpy(self._order[places]), torch.from_numpy(weights))
        return ClosestPoints(torch.from_numpy(landed), torch.from_numpy(distances), surface)
