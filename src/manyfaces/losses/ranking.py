"""Loss of the ranking network."""

import torch
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
