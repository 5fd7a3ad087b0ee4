"""Landmarks inside the face: weighted distances, and distances between pairs, which do not feel a shift."""

import torch
from jaxtyping import Float
from torch import Tensor

Pairs = tuple[tuple[int, int], ...]
"""Pairs among the 68 points of iBUG's scheme, counted from 0."""

EYELID_PAIRS: Pairs = ((37, 41), (38, 40), (43, 47), (44, 46))
"""Upper and lower lid: how far the eyes are open (DECA)."""

LIP_PAIRS: Pairs = ((61, 67), (62, 66), (63, 65))
"""Inner rim of the upper and lower lip: how far the mouth is open (DECA)."""

MOUTH_PAIRS: Pairs = ((57, 8), (51, 33), (48, 54), (60, 64), (61, 67), (62, 66), (63, 65))
"""Chin, nose, corners and rims: the mouth's place and shape (SPECTRE)."""

_HEAVIER = {2.0: (5, 6, 10, 11), 1.5: (*range(27, 36), *range(48, 68)), 3.0: (30, 31, 35, 48, 54)}


def inner_weights() -> Float[Tensor, "68"]:
    """DECA's weights of the 51 inner points, zero for the 17 of the jaw line, which `silhouette_loss` sees to."""
    weights = jaw_and_inner_weights()
    weights[:17] = 0
    return weights


def jaw_and_inner_weights() -> Float[Tensor, "68"]:
    """DECA's weights of all 68: 1 but for parts of the jaw (2), nose and mouth (1.5), wings and corners (3)."""
    weights = torch.ones(68)
    for weight, points in _HEAVIER.items():
        weights[list(points)] = weight
    return weights


def weighted_landmark_loss(
    predicted_px: Float[Tensor, "*B L 2"], target_px: Float[Tensor, "*B L 2"], weights: Float[Tensor, "*#B L"]
) -> Float[Tensor, ""]:
    """Weighted mean of |dx| + |dy|, halved: sum w (|dx| + |dy|) / (2 sum w).

    Args:
        predicted_px: projected landmarks; any unit, the loss has the same.
        target_px: annotated ones; constant.
        weights: >= 0: `inner_weights`, also times each point's confidence. All zero gives a loss of zero.
    """
    distance = (predicted_px - target_px.detach()).abs().sum(-1)
    weights = weights.to(distance).expand_as(distance)
    total = weights.sum()
    return (weights * distance).sum() / (2 * total.clamp_min(torch.finfo(total.dtype).tiny))


def pair_distance_loss(
    predicted_px: Float[Tensor, "*B 68 2"],
    target_px: Float[Tensor, "*B 68 2"],
    pairs: Pairs,
    confidence: Float[Tensor, "*#B 68"] | None = None,
) -> Float[Tensor, ""]:
    """Mean difference of the distances between paired points; neither a shift nor a turn of the face matters.

    Args:
        predicted_px: projected landmarks; any unit, the loss has the same.
        target_px: annotated ones; constant.
        pairs: for example `EYELID_PAIRS + LIP_PAIRS`, L_spL of Mao et al. (CVPR 2025) as far as it is told.
        confidence: of the annotated points, >= 0; a pair counts as its two points together. All alike when None.
    """
    first, second = (list(ends) for ends in zip(*pairs, strict=True))

    def spans(points: Tensor) -> Tensor:
        return (points[..., first, :] - points[..., second, :]).norm(dim=-1)

    difference = (spans(predicted_px) - spans(target_px.detach())).abs()
    if confidence is None:
        return difference.mean()
    weights = (confidence[..., first] * confidence[..., second]).to(difference).expand_as(difference)
    return (weights * difference).sum() / weights.sum().clamp_min(torch.finfo(weights.dtype).tiny)
