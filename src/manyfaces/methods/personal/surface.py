"""The surface that detail lies on: the face's part of a head's texture map."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.geometry import edges, vertex_tension
from manyfaces.geometry.tension import DEFAULT_SCALE_PER_M
from manyfaces.heads import HeadModel
from manyfaces.render.relief import Relief, ReliefGrid, displace, relief_grid
from manyfaces.render.texture_map import WHOLE_MAP, TextureMap, texture_map

_MARGIN = 0.06  # of the face's width on the map, around it
_SOFT_TEXELS = 5  # over which detail fades at the edge of the skin


@dataclass(frozen=True)
class DetailSurface:
    """Texels of the face; see `detail_surface`.

    Attributes:
        grid: the texels as a mesh.
        skin: 0 to 1: texels of the face's skin, falling off softly towards its edge. Detail counts as far as this.
        edges: of the coarse mesh, each once.
        tension_scale: k of the tension map, 1 / metre.
    """

    grid: ReliefGrid
    skin: Float[Tensor, "H W"]
    edges: Int[Tensor, "E 2"]
    tension_scale: float = DEFAULT_SCALE_PER_M

    @property
    def layout(self) -> TextureMap:
        """Which point of the head each texel shows."""
        return self.grid.layout

    @property
    def side_px(self) -> int:
        """Texels along a side."""
        return len(self.skin)

    def tension(self, neutral: Float[Tensor, "B V 3"], current: Float[Tensor, "B V 3"]) -> Float[Tensor, "B H W"]:
        """The tension map T_UV of heads against themselves at rest; positive where skin is compressed, zero off it."""
        at_vertices = vertex_tension(neutral, current, self.edges, scale=self.tension_scale)
        return self.layout.of(at_vertices[..., None])[..., 0] * self.skin

    def relief(self, vertices: Float[Tensor, "B V 3"], displacement_m: Float[Tensor, "B H W"]) -> Relief:
        """Heads with detail: displacements count as far as there is skin."""
        return displace(vertices, displacement_m * self.skin, self.grid)

    def to(self, device: torch.device | str) -> "DetailSurface":
        """The same on another device."""
        return DetailSurface(
            self.grid.to(device), self.skin.to(device), self.edges.to(device), tension_scale=self.tension_scale
        )


def detail_surface(head: HeadModel, side_px: int) -> DetailSurface:
    """Lay the face out on a square map.

    A head that names its front spends all texels on that; others show their whole texture map.

    Args:
        head: with texture points.
        side_px: texels along a side.

    Raises:
        InputError: the head has no texture map.
    """
    data = head.data
    if not len(data.uv_faces):
        raise InputError(f"head {data.name!r} has no texture map, so no place for detail", "use a head with one")
    uv, uv_faces = torch.as_tensor(data.uv).float(), torch.as_tensor(data.uv_faces).long()
    faces = head.faces.cpu()
    on_face = (head.region("front") & head.region("skin")).cpu()
    window = _window(uv, uv_faces, on_face[faces].all(-1)) if "front" in data.masks else WHOLE_MAP
    layout = texture_map(uv, uv_faces, faces, (side_px, side_px), window)
    whole = on_face.float()[None, :, None]
    share = layout.of(whole)[0, ..., 0]
    surface = DetailSurface(relief_grid(layout), _faded(share), edges(faces))
    return surface.to(head.faces.device)


def _window(uv: Tensor, uv_faces: Tensor, kept: Tensor) -> tuple[float, float, float, float]:
    """A square around some triangles of the map, in the middle of which is theirs."""
    points = uv[uv_faces[kept].flatten()]
    low, high = points.amin(0), points.amax(0)
    half = float((high - low).max()) * (0.5 + _MARGIN)
    u, v = ((low + high) / 2).tolist()
    return u - half, v - half, u + half, v + half


def _faded(share: Float[Tensor, "H W"]) -> Float[Tensor, "H W"]:
    """Fall off inside the edge of the skin, so that nothing outside it moves."""
    inside = (share > 0.999).float()[None, None]
    width = 2 * _SOFT_TEXELS + 1
    smooth = F.avg_pool2d(F.pad(inside, (_SOFT_TEXELS,) * 4), width, stride=1)[0, 0]
    # The mean is a half at a straight edge: from there up to one.
    return ((smooth - 0.5) * 2).clamp(0, 1) * inside[0, 0]
