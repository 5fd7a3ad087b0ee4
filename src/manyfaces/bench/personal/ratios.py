"""How sure a ratio of two means is."""

import numpy as np
import torch
from jaxtyping import Float, Int

from manyfaces.metrics import Interval
from manyfaces.metrics.bootstrap import percentile_interval, resampled_means


def ratio_interval(
    numerator: Float[np.ndarray, " n"],
    denominator: Float[np.ndarray, " n"],
    groups: Int[np.ndarray, " n"],
    generator: torch.Generator,
) -> Interval | None:
    """Interval of the ratio of two means over the same rows, 95 %; whole groups are drawn.

    Args:
        numerator: one for each row.
        denominator: the same, above zero.
        groups: which rows go together.
        generator: source of the draws.

    Returns:
        The interval; None where there is one group alone.
    """
    owner = torch.from_numpy(np.unique(groups, return_inverse=True)[1].reshape(-1))
    if len(owner.unique()) < 2:
        return None
    drawn = resampled_means(torch.from_numpy(np.stack([numerator, denominator], 1)), owner, generator)
    return percentile_interval(drawn[:, 0] / drawn[:, 1])
