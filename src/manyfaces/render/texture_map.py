"""The surface laid out on a texture map: which point of which triangle each texel shows."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.render.fragments import Fragments
from manyfaces.render.interpolation import interpolate
from manyfaces.render.rasterise import rasterise

WHOLE_MAP = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class TextureMap:
    """A mesh' texture map in texels; row 0 is its upper edge, v = 1. See `texture_map`.

    Attributes:
        fragments: of one frame: the triangle and barycentrics of each texel; all depths are one.
        faces: the mesh' triangles, vertex indices.
        charts: which connected piece of the map each triangle belongs to.
        mirrored: triangles that lie on the map with their inner side up.
    """

    fragments: Fragments
    faces: Int[Tensor, "F 3"]
    charts: Int[Tensor, " F"]
    mirrored: Bool[Tensor, " F"]

    @property
    def covered(self) -> Bool[Tensor, "H W"]:
        """Which texels show the surface."""
        return self.fragments.mask[0]

    def of(self, attributes: Float[Tensor, "B V C"]) -> Float[Tensor, "B H W C"]:
        """Lay values held at vertices out on the map; zero where there is no surface. Differentiable in the values."""
        n_items = len(attributes)
        expanded = Fragments(
            self.fragments.face_ids.expand(n_items, -1, -1),
            self.fragments.depth.expand(n_items, -1, -1),
            self.fragments.barycentrics.to(attributes).expand(n_items, -1, -1, -1),
        )
        return interpolate(expanded, self.faces, attributes)

    def at_texels(self, of_faces: Tensor) -> Tensor:
        """A value of each triangle at the texels, (H, W); that of triangle 0 where there is none."""
        return of_faces[self.fragments.face_ids[0].clamp(min=0).long()]

    def to(self, device: torch.device | str) -> "TextureMap":
        """The same map on another device."""
        f = self.fragments
        moved = Fragments(f.face_ids.to(device), f.depth.to(device), f.barycentrics.to(device))
        return TextureMap(moved, self.faces.to(device), self.charts.to(device), self.mirrored.to(device))


def texture_map(
    uv: Float[Tensor, "T 2"],
    uv_faces: Int[Tensor, "F2 3"],
    faces: Int[Tensor, "F 3"],
    size: tuple[int, int] = (256, 256),
    window: tuple[float, float, float, float] = WHOLE_MAP,
) -> TextureMap:
    """Draw a mesh' texture map. Texel centres are those of `vertex_colours`: u = (column + 1/2) / width.

    Args:
        uv: texture points, v up.
        uv_faces: their triangles.
        faces: the mesh' triangles, corner by corner with `uv_faces`.
        size: height and width, texels.
        window: u0, v0, u1, v1 of the part that fills the map: the face alone, say, at several times the detail.

    Raises:
        InputError: the mesh has no texture points, the triangles do not match, or the window is empty.
    """
    if not len(uv) or uv_faces.shape != faces.shape:
        raise InputError(
            f"{len(uv)} texture points with {len(uv_faces)} triangles for a mesh of {len(faces)}",
            "use a head with a texture map that has one triangle for each of the mesh",
        )
    u0, v0, u1, v1 = window
    if not (u0 < u1 and v0 < v1):
        raise InputError(f"the window {window} of the texture map is empty", "give u0 < u1 and v0 < v1")
    column = (uv[:, 0] - u0) / (u1 - u0) * size[1] - 0.5
    row = (v1 - uv[:, 1]) / (v1 - v0) * size[0] - 0.5
    points = torch.stack([column, row, torch.ones_like(row)], -1)
    first, second, third = (points[uv_faces[:, k].long(), :2].double() for k in range(3))
    to_second, to_third = second - first, third - first
    # On a picture, where y points down, a triangle that is counter-clockwise on the map has a negative area.
    mirrored = to_second[:, 0] * to_third[:, 1] - to_second[:, 1] * to_third[:, 0] > 0
    fragments = rasterise(points[None], uv_faces, size)
    return TextureMap(fragments, faces.long(), _charts(uv_faces, len(uv)), mirrored)


def _charts(uv_faces: Int[Tensor, "F 3"], n_points: int) -> Int[Tensor, " F"]:
    corners = uv_faces.cpu().numpy()
    first, second = corners[:, [0, 1]].ravel(), corners[:, [1, 2]].ravel()
    graph = coo_matrix((np.ones(len(first), bool), (first, second)), (n_points, n_points))
    of_points = connected_components(graph, directed=False)[1]
    return torch.from_numpy(of_points[corners[:, 0]].astype(np.int64)).to(uv_faces.device)
