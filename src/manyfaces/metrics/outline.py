"""Which points of a reconstruction are scored against the 17 annotated points of the jaw line."""

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry import Outline


def scored_points(outline: Outline, points_px: Float[Tensor, "*B 68 2"]) -> Float[Tensor, "*B 68 2"]:
    """The 68 points of a reconstruction that benchmarks compare with annotations, found without looking at these.

    Points of the jaw line are the zero-pose points where they are seen, and the silhouette vertices of nearest height
    on the same side where they are not, see `Outline.annotated_rim`. Mao et al. (CVPR 2025) do not say which
    points they score; taking the silhouette vertex nearest to each annotation would flatter every method.

    Args:
        outline: of the reconstructed heads, see `OutlineMesh.seen`.
        points_px: their 68 landmarks; the first 17 are replaced.
    """
    jaw = outline.hidden_replaced(outline.annotated_rim())
    return torch.cat([jaw, points_px[..., 17:, :]], -2).detach()
