"""Linear spaces of skin colour on a texture map, and colours of maps at vertices."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import HeadFileError, InputError


@dataclass(frozen=True)
class TextureSpace:
    """Mean map plus a weighted sum of directions; row 0 of a map is its upper edge, v = 1.

    Attributes:
        name: of the space.
        mean: RGB, about [0, 1].
        basis: change of the map per standard deviation.
        uv: texture points, v up; uv_faces: their triangles, one for each of the head's. Both may have no rows.
        linear: whether the maps hold linear light; sRGB otherwise.
        specular_mean: the part that shines, as `mean`, or None where the space has none.
        specular_basis: its change, driven by the same coefficients, or None.
    """

    name: str
    mean: Float[Tensor, "H W 3"]
    basis: Float[Tensor, "K H W 3"]
    uv: Float[Tensor, "T 2"]
    uv_faces: Int[Tensor, "F 3"]
    linear: bool = False
    specular_mean: Float[Tensor, "H W 3"] | None = None
    specular_basis: Float[Tensor, "K H W 3"] | None = None

    def __post_init__(self) -> None:
        """Check that the arrays fit each other.

        Raises:
            HeadFileError: a shape is wrong, an index out of range, or the mean not finite.
        """
        shapes = {"basis": self.basis.shape[1:], "mean": self.mean.shape}
        if self.specular_mean is not None and self.specular_basis is not None:
            shapes |= {"specular_mean": self.specular_mean.shape, "specular_basis": self.specular_basis.shape[1:]}
        for key, shape in shapes.items():
            if shape != self.mean.shape:
                raise HeadFileError(f"texture {self.name!r}: maps of {key} are {tuple(shape)}, not that of the mean")
        if not self.mean.isfinite().all() or not self.basis.isfinite().all():
            raise HeadFileError(f"texture {self.name!r} holds numbers that are not finite")
        if len(self.uv_faces) and not 0 <= int(self.uv_faces.min()) <= int(self.uv_faces.max()) < len(self.uv):
            raise HeadFileError(f"texture {self.name!r}: triangles name texture points that are not there")

    @property
    def n_components(self) -> int:
        """Number of coefficients, K."""
        return len(self.basis)

    def albedo(self, coefficients: Float[Tensor, "*B K2"]) -> Float[Tensor, "*B H W 3"]:
        """Maps of diffuse colour, RGB in [0, 1].

        Args:
            coefficients: standard deviations of the first K2 components; the rest are zero.

        Raises:
            InputError: more coefficients than components.
        """
        return _combined(self.mean, self.basis, coefficients)

    def specular(self, coefficients: Float[Tensor, "*B K2"]) -> Float[Tensor, "*B H W 3"]:
        """Maps of how much the skin shines, in [0, 1]; see `albedo`.

        Raises:
            InputError: more coefficients than components, or the space has no such part.
        """
        if self.specular_mean is None or self.specular_basis is None:
            raise InputError(f"texture {self.name!r} has no specular part")
        return _combined(self.specular_mean, self.specular_basis, coefficients)


def vertex_colours(
    maps: Float[Tensor, "*B H W C"], uv: Float[Tensor, "T 2"], uv_faces: Int[Tensor, "F 3"], faces: Int[Tensor, "F 3"]
) -> Float[Tensor, "*B V C"]:
    """Colours of texture maps at the vertices, bilinear; a vertex on a seam gets the mean of its places on the map.

    Args:
        maps: row 0 is the upper edge, v = 1.
        uv: texture points, v up.
        uv_faces: their triangles.
        faces: the head's triangles, corner by corner with `uv_faces`; V is the largest id in them plus one.

    Returns:
        Colours of vertices 0 to V - 1; zero where no triangle has the vertex.
    """
    flat = maps.movedim(-1, -3).flatten(0, -4) if maps.ndim > 3 else maps.movedim(-1, -3)[None]
    grid = torch.stack([2 * uv[:, 0] - 1, 1 - 2 * uv[:, 1]], -1).to(flat).expand(len(flat), 1, -1, 2)
    at_points = F.grid_sample(flat, grid, padding_mode="border", align_corners=False)[:, :, 0]
    vertex, point = torch.unique(torch.stack([faces.flatten(), uv_faces.flatten()]).long(), dim=1)
    n_vertices = int(faces.max()) + 1 if faces.numel() else 0
    sums = at_points.new_zeros(*at_points.shape[:2], n_vertices).index_add(2, vertex, at_points[..., point])
    places = torch.bincount(vertex, minlength=n_vertices).clamp(min=1)
    return (sums / places).mT.unflatten(0, maps.shape[:-3]) if maps.ndim > 3 else (sums / places).mT[0]


def _combined(
    mean: Float[Tensor, "H W 3"], basis: Float[Tensor, "K H W 3"], coefficients: Float[Tensor, "*B K2"]
) -> Float[Tensor, "*B H W 3"]:
    n = coefficients.shape[-1]
    if n > len(basis):
        raise InputError(f"{n} texture coefficients given, the space has {len(basis)}")
    change = coefficients @ basis[:n].flatten(1)
    return (mean + change.unflatten(-1, mean.shape)).clamp(0, 1)
