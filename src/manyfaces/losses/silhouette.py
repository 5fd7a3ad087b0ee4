"""The silhouette vertex re-projection loss: outline points against whatever of the head forms its outline now."""

from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry import Outline
from manyfaces.losses.landmark_terms import weighted_landmark_loss


def silhouette_loss(
    outline: Outline, target_px: Float[Tensor, "*B L 2"], weights: Float[Tensor, "*#B L"] | None = None
) -> Float[Tensor, ""]:
    """Mean distance |dx| + |dy|, halved, of annotated outline points (Mao et al., CVPR 2025, equation 1).

    A point whose zero-pose point on the head is seen is drawn to that; a hidden one to the silhouette vertex nearest to
    it, and where the head has no silhouette vertex to the zero-pose point after all. Which vertex that is carries no
    gradient; the vertex does. The paper's sum is 2 L times this.

    Args:
        outline: of the predicted heads, see `OutlineMesh.seen`.
        target_px: annotated points, in the outline's pixels; constant.
        weights: >= 0, how sure each point is; all alike when None.
    """
    target_px = target_px.detach()
    matched = outline.hidden_replaced(outline.nearest_rim(target_px))
    if weights is None:
        weights = target_px.new_ones(target_px.shape[-2])
    return weighted_landmark_loss(matched, target_px, weights)
