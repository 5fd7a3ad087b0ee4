"""Losses of the ranking network."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def listwise_cross_entropy(
    scores: Float[Tensor, "*B N"], distance_mm: Float[Tensor, "*B N"], temperature_mm: float = 1.0
) -> Float[Tensor, ""]:
    """Cross entropy between softmax(-distance / temperature) and softmax(scores), mean over the lists (OFER, eq. 5).

    The paper prints softmax(+distance), which would make the worst candidate the target; the published code has the
    minus sign, and so has this.

    Args:
        scores: logits of the ranking network, higher is better.
        distance_mm: mean absolute distance of each candidate to the truth.
        temperature_mm: how far behind the best a candidate may be and still share in the target.
    """
    target = torch.softmax(-distance_mm / temperature_mm, -1)
    return -(target * torch.log_softmax(scores, -1)).sum(-1).mean()


def best_candidate_cross_entropy(
    scores: Float[Tensor, "*B N"], distance_mm: Float[Tensor, "*B N"]
) -> Float[Tensor, ""]:
    """Mean binary cross entropy of sigmoid(scores) against "is the nearest", the published code's other choice.

    There it is multiplied by 1000.

    Args:
        scores: logits of the ranking network, higher is better.
        distance_mm: mean absolute distance of each candidate to the truth; of equal ones the first is the nearest.
    """
    nearest = F.one_hot(distance_mm.argmin(-1), distance_mm.shape[-1]).to(scores)
    return F.binary_cross_entropy_with_logits(scores, nearest)
