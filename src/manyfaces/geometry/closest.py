"""The closest points on a mesh, exact, found through a tree of face centres."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.spatial import KDTree
from torch import Tensor

from manyfaces.geometry.barycentric import SurfacePoints


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


def closest_barycentrics(points: Float[Tensor, "N 3"], triangles: Float[Tensor, "N 3 3"]) -> Float[Tensor, "N 3"]:
    """Barycentrics of the point of each triangle that is nearest to each point.

    Works for triangles without area, too: the nearest point of the sides is always tried.

    Args:
        points: one per triangle.
        triangles: corners, then coordinates.
    """
    corner, sides = triangles, triangles.roll(-1, 1) - triangles
    to_point = points[:, None] - corner
    along = (to_point * sides).sum(-1) / sides.square().sum(-1).clamp(min=torch.finfo(points.dtype).tiny)
    along = along.clamp(0, 1)
    eye = torch.eye(3, dtype=points.dtype, device=points.device)
    on_sides = (1 - along)[..., None] * eye + along[..., None] * eye.roll(-1, 0)
    # The foot of the perpendicular, where it falls inside.
    normal = torch.linalg.cross(sides[:, 0], -sides[:, 2])
    squared = normal.square().sum(-1, keepdim=True).clamp(min=torch.finfo(points.dtype).tiny)
    parts = torch.linalg.cross(sides, to_point)
    inside = (parts * normal[:, None]).sum(-1) / squared
    inside = inside.roll(-1, -1)  # The area beside side k belongs to corner k - 1, the opposite one.
    candidates = torch.cat([on_sides, inside[:, None]], 1)
    gaps = (candidates @ triangles - points[:, None]).square().sum(-1).detach()
    valid = (inside >= 0).all(-1) & ((inside.sum(-1) - 1).abs() < 1e-3)
    gaps[:, 3] = torch.where(valid, gaps[:, 3], torch.inf)
    best = gaps.argmin(-1)
    return candidates[torch.arange(len(points), device=points.device), best]


def closest_points(
    points: Float[Tensor, "N 3"], vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"], chunk: int = 4096
) -> ClosestPoints:
    """The nearest point of the whole surface for each query point.

    Differentiable in points and vertices; which face is nearest is found without gradients.

    Args:
        points: queries, the mesh's unit.
        vertices: mesh vertices.
        faces: mesh faces, at least one.
        chunk: queries handled at once, a limit on memory.
    """
    faces = faces.long()
    face_ids = _nearest_faces(points.detach(), vertices.detach()[faces], chunk)
    triangles = vertices[faces[face_ids]]
    weights = closest_barycentrics(points, triangles)
    landed = (weights[..., None] * triangles).sum(1)
    return ClosestPoints(landed, (landed - points).norm(dim=-1), SurfacePoints(face_ids, weights))


def _nearest_faces(points: Tensor, triangles: Tensor, chunk: int) -> Tensor:
    centres = triangles.mean(1)
    radius = float((triangles - centres[:, None]).norm(dim=-1).max())
    tree = KDTree(centres.double().cpu().numpy())
    found = []
    for part in points.split(chunk):
        queries = part.double().cpu().numpy()
        # The nearest centre bounds the distance from above; no face whose centre is further than that plus the
        # largest circumradius can win. The slack covers rounding.
        bound = np.asarray(tree.query(queries)[0]) + radius
        lists = tree.query_ball_point(queries, bound * (1 + 1e-6))
        counts = torch.tensor([len(each) for each in lists], device=points.device)
        flat = torch.from_numpy(np.concatenate(lists).astype(np.int64)).to(points.device)
        owners = torch.repeat_interleave(counts)
        corners = triangles[flat]
        landed = (closest_barycentrics(part[owners], corners)[..., None] * corners).sum(1)
        gaps = (landed - part[owners]).square().sum(-1)
        least = gaps.new_full((len(part),), torch.inf).scatter_reduce(0, owners, gaps, "amin")
        winners = torch.where(gaps == least[owners], flat, len(triangles))
        found.append(flat.new_full((len(part),), len(triangles)).scatter_reduce(0, owners, winners, "amin"))
    return torch.cat(found)
