"""Distance between two vectors of face coefficients: what a student is told by its teacher."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import ChoiceError


def coefficient_se(
    predicted: Float[Tensor, "*B K"],
    target: Float[Tensor, "*B K"],
    deviation: Float[Tensor, "K"] | None = None,
    weights: Float[Tensor, "K"] | None = None,
) -> Float[Tensor, ""]:
    """Squared error, mean over the coefficients and the batch (Occlusion Resistant Network, eq. 6).

    As printed, a tenth of a radian of yaw counts as much as a tenth of a standard deviation of one of eighty identity
    coefficients, so pose gets less than a hundredth of the loss. `deviation` and `weights` mend that.

    Args:
        predicted: the student's.
        target: the teacher's; constant.
        deviation: what to divide each coefficient's error by, > 0: its standard deviation over people. None: one.
        weights: factor of each squared error, see `per_coefficient`. None: one.
    """
    error = predicted - target.detach()
    if deviation is not None:
        error = error / deviation
    squared = error.square()
    return (squared if weights is None else weights * squared).mean()


def coefficient_l1(predicted: Float[Tensor, "*B K"], target: Float[Tensor, "*B K"]) -> Float[Tensor, ""]:
    """Absolute error, mean over the coefficients and the batch: what the paper's figure 6 compares equation 6 with.

    Args:
        predicted: the student's.
        target: the teacher's; constant.
    """
    return (predicted - target.detach()).abs().mean()


def per_coefficient(
    groups: Mapping[str, slice], values: Mapping[str, float], otherwise: float = 1.0
) -> Float[Tensor, "K"]:
    """Spread one number for each group over the group's coefficients.

    Args:
        groups: where each group lies in the vector; together they cover it.
        values: number of a group.
        otherwise: number of the groups that are not named.

    Raises:
        ChoiceError: a name is no group's.
    """
    for name in values:
        if name not in groups:
            raise ChoiceError("group of coefficients", name, list(groups))
    spread = torch.full((max(group.stop for group in groups.values()),), float(otherwise))
    for name, value in values.items():
        spread[groups[name]] = value
    return spread
