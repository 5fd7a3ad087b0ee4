"""The silhouette re-projection loss: outline points against whatever of the head forms its outline now."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import ChoiceError
from manyfaces.geometry import Outline
from manyfaces.losses.landmark_terms import weighted_landmark_loss

RimMatch = Literal["annotated", "nearest"]
"""Which place of the silhouette a hidden point is drawn to: see `silhouette_loss`."""


def silhouette_loss(
    outline: Outline,
    target_px: Float[Tensor, "*B L 2"],
    weights: Float[Tensor, "*#B L"] | None = None,
    match: RimMatch | str = "annotated",
) -> Float[Tensor, ""]:
    """Mean distance |dx| + |dy|, halved, of annotated outline points (after Mao et al., CVPR 2025, equation 1).

    A point whose zero-pose point on the head is seen is drawn to that; a hidden one to a place of the silhouette, and
    where the head has none to the zero-pose point after all. Which place that is carries no gradient; the place does.
    The paper's loss is `match="nearest"` on an outline of vertices, and its sum 2 L times this.

    Args:
        outline: of the predicted heads, see `OutlineMesh.seen`.
        target_px: annotated points, in the outline's pixels; constant.
        weights: >= 0, how sure each point is; all alike when None.
        match: "annotated": the place that an annotator would mark on the predicted head, at the jaw point's height; it
            tells along the outline, too, how the head must move. "nearest": the place nearest to the target.

    Raises:
        ChoiceError: no such match.
    """
    target_px = target_px.detach()
    if match == "annotated":
        places = outline.annotated_rim()
    elif match == "nearest":
        places = outline.nearest_rim(target_px)
    else:
        raise ChoiceError("match", match, ["annotated", "nearest"])
    matched = outline.hidden_replaced(places)
    if weights is None:
        weights = target_px.new_ones(target_px.shape[-2])
    return weighted_landmark_loss(matched, target_px, weights)
