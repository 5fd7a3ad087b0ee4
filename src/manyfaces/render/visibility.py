"""Which vertices a camera sees, by the depth of what is drawn around them."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from manyfaces.render.rasterise import Backend, cover


@torch.no_grad()
def visible_vertices(
    points_px: Float[Tensor, "B V 3"],
    faces: Int[Tensor, "F 3"],
    size: tuple[int, int],
    tolerance: float = 0.002,
    backend: Backend = "auto",
    perspective: bool = False,
) -> Bool[Tensor, "B V"]:
    """Which vertices the camera sees: on the picture, and not behind the mesh.

    Args:
        points_px: x and y in pixels, and depth, as for `rasterise`.
        faces: of the mesh.
        size: height and width of the picture, pixels.
        tolerance: how far behind the nearest surface still counts as seen, the depth's unit (metres). The least of
            what is needed grows with the pixel's size on the surface.
        backend: see `rasterise`.
        perspective: see `rasterise`.
    """
    height, width = size
    face_ids = cover(points_px, faces, size, backend, perspective).face_ids.flatten(1)
    x, y, own = points_px.float().unbind(-1)
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5) & (own > 0)
    left, top = x.nan_to_num().floor(), y.nan_to_num().floor()
    furthest = torch.full_like(own, -torch.inf)
    for dy in (0, 1):
        for dx in (0, 1):
            column, row = (left + dx).clamp(0, width - 1).long(), (top + dy).clamp(0, height - 1).long()
            near = face_ids.gather(1, row * width + column)
            furthest = furthest.maximum(_continued_depth(points_px.float(), faces.to(near.device), near))
    # Only background around it: a tip finer than the pixels, with nothing to hide it.
    return inside & ((own <= furthest + tolerance) | furthest.isneginf())


def _continued_depth(points: Tensor, faces: Tensor, face_ids: Tensor) -> Tensor:
    """The depth at each vertex of the plane of one face near it, (B, V); minus infinity where there is no face.

    A pixel's own depth will not do: on a slope it differs from the vertex's by more than any sensible tolerance. The
    plane is followed no further than the face's own extent in depth, for faces seen edge-on rise without bound.
    """
    if not len(faces):
        return torch.full_like(points[..., 0], -torch.inf)
    corners = faces.long()[face_ids.clamp(min=0).long()]
    triangle = points.gather(1, corners.flatten(1)[..., None].expand(-1, -1, 3)).unflatten(1, (-1, 3))
    dx, dy = (triangle[..., :2] - points[..., None, :2]).unbind(-1)
    edge = dx.roll(-1, -1) * dy.roll(-2, -1) - dx.roll(-2, -1) * dy.roll(-1, -1)
    depths = triangle[..., 2]
    low, high = depths.amin(-1), depths.amax(-1)
    plane = ((edge * depths).sum(-1) / edge.sum(-1)).nan_to_num(0.0)
    plane = plane.clamp(min=2 * low - high, max=2 * high - low)
    return torch.where(face_ids >= 0, plane, -torch.inf)
