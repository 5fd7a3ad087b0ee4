"""What a rasteriser returns, and what it is given: the contract that every backend keeps.

Every backend does the same float32 operations in the same order, without fused multiply-add, so that face ids agree
bit for bit:

    e0 = (x1 - x) * (y2 - y) - (x2 - x) * (y1 - y)          and cyclic: edge functions at the pixel's centre
    inside: e0, e1, e2 all >= 0 or all <= 0
    a = e0 * q0 + e1 * q1 + e2 * q2,  s = e0 + e1 + e2      summed from the left
    depth = a / s with q = z, or s / a with q = 1 / z        (under perspective 1 / z is what is linear on the picture)

The least depth wins, then the least face id. The edge function of a side seen from its two faces differs in sign only,
also after rounding, so that neighbouring faces leave no gap.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float32, Int, Int32
from torch import Tensor

from manyfaces.core.errors import InputError

# Faces with a corner outside these bounds are left out whole. Inside them no operation above can overflow, and the bits
# of a depth, read as an integer, keep its order.
DEPTH_BOUNDS = (1e-6, 1e6)
PIXEL_BOUND = float(1 << 20)


@dataclass(frozen=True)
class Fragments:
    """The nearest face at the centre of every pixel.

    Attributes:
        face_ids: -1 where there is none.
        depth: in the points' unit, infinite where there is no face; carries no gradient.
        barycentrics: weights of the face's corners, zero where there is none; differentiable in the points.
    """

    face_ids: Int32[Tensor, "B H W"]
    depth: Float32[Tensor, "B H W"]
    barycentrics: Float[Tensor, "B H W 3"]

    @property
    def mask(self) -> Tensor:
        """True where a face was hit, (B, H, W)."""
        return self.face_ids >= 0


@dataclass(frozen=True)
class Coverage:
    """Face ids and depths alone, as a backend fills them in."""

    face_ids: Int32[Tensor, "B H W"]
    depth: Float32[Tensor, "B H W"]


@torch.no_grad()
def prepared_corners(points_px: Float[Tensor, "B V 3"], perspective: bool) -> Float32[Tensor, "B V 3"]:
    """Float32 (x, y, q) for a backend; x is NaN at points that no face may use."""
    points = points_px.float()
    x, y, depth = points.unbind(-1)
    usable = (
        (depth >= DEPTH_BOUNDS[0]) & (depth <= DEPTH_BOUNDS[1]) & (x.abs() <= PIXEL_BOUND) & (y.abs() <= PIXEL_BOUND)
    )
    x = torch.where(usable, x, torch.nan)
    return torch.stack([x, y, 1 / depth if perspective else depth], -1)


def checked_faces(faces: Int[Tensor, "F 3"], n_vertices: int) -> Int32[Tensor, "F 3"]:
    """Faces as int32, known to name existing vertices: a kernel would read foreign memory otherwise.

    Raises:
        InputError: a face names a vertex that does not exist.
    """
    if faces.numel() and (int(faces.min()) < 0 or int(faces.max()) >= n_vertices):
        raise InputError(
            f"faces name vertices {int(faces.min())} to {int(faces.max())}, but there are {n_vertices}",
            "hand in the faces that belong to these vertices",
        )
    return faces.int().contiguous()
