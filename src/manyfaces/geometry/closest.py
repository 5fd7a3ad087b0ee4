"""The closest points on a mesh, exact and differentiable."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.geometry.barycentric import SurfacePoints
from manyfaces.geometry.surface_tree import ClosestPoints, SurfaceTree


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
    points: Float[Tensor, "N 3"], vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"]
) -> ClosestPoints:
    """The nearest point of the whole surface for each query point.

    Differentiable in points and vertices; which face is nearest is found without gradients. For several questions to
    one mesh, or for no gradients, build a `SurfaceTree`.

    Args:
        points: queries, the mesh's unit.
        vertices: mesh vertices.
        faces: mesh faces, at least one.
    """
    faces = faces.long()
    face_ids = SurfaceTree(vertices, faces).closest(points).surface.face_ids.to(vertices.device)
    triangles = vertices[faces[face_ids]]
    weights = closest_barycentrics(points, triangles)
    landed = (weights[..., None] * triangles).sum(1)
    return ClosestPoints(landed, (landed - points).norm(dim=-1), SurfacePoints(face_ids, weights))
