"""The composite loss of a network that sees one person under several occlusions."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class MultiOcclusionWeights:
    """Shares of the two terms; a zero leaves one out, as in the paper's ablation.

    Attributes:
        perceptual: x1.
        label: x2.
    """

    perceptual: float = 0.2
    label: float = 0.8


@dataclass(frozen=True)
class MultiOcclusionLoss:
    """The composite loss and its parts, to be logged side by side.

    Attributes:
        total: what is minimised.
        perceptual: `agreement_loss`, before its weight.
        label: `label_loss`, before its weight.
        perceptual_share: part of the total that is perceptual; with a sum over seven views it starts at about 0.01.
    """

    total: Float[Tensor, ""]
    perceptual: Float[Tensor, ""]
    label: Float[Tensor, ""]
    perceptual_share: Float[Tensor, ""]


def multi_occlusion_loss(
    perceptual: Float[Tensor, ""],
    label: Float[Tensor, ""],
    weights: MultiOcclusionWeights | None = None,
) -> MultiOcclusionLoss:
    """x1 L_perc + x2 L_label (Occlusion Resistant Network, eq. 9).

    Args:
        perceptual: `agreement_loss`.
        label: `label_loss`.
        weights: 0.2 and 0.8 by default, as published.
    """
    weights = weights or MultiOcclusionWeights()
    first, second = weights.perceptual * perceptual, weights.label * label
    total = first + second
    return MultiOcclusionLoss(total, perceptual, label, (first / total.clamp_min(1e-12)).detach())
