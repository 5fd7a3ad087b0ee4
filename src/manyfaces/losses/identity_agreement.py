"""Whether several renders show the same person, from their recognition features.

The paper's eq. 7, which prints a similarity where a loss is meant; docs/decisions/0023-agreement.md says why there are
two forms.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import ChoiceError

AgreementForm = Literal["resolved", "printed"]
_TINY = 1e-12


def printed_agreement(features: Float[Tensor, "*B N D"]) -> Float[Tensor, "*B"]:
    """The ratio of eq. 7 as it stands: |sum_n f_n|^2 / (sum of the row norms x sum of the column norms).

    The numerator is the sum of the N x N Gram matrix. The L2,1 norm of a matrix is taken as the sum of the norms of
    its rows, so that of the transpose sums over columns; the other convention gives the same product. The value grows
    as the faces agree, has no upper bound of its own and changes when the features' space is rotated.

    Args:
        features: one vector for each of N pictures; not all zero.
    """
    rows, columns = (torch.linalg.vector_norm(features, dim=dim).sum(-1) for dim in (-1, -2))
    return features.sum(-2).square().sum(-1) / (rows * columns).clamp_min(_TINY)


def resolved_agreement(features: Float[Tensor, "*B N D"]) -> Float[Tensor, "*B"]:
    """|sum_n f_n|^2 / (sum_n |f_n|)^2: 1 where all features have one direction, 0 where they cancel.

    Args:
        features: one vector for each of N pictures; not all zero.
    """
    lengths = torch.linalg.vector_norm(features, dim=-1).sum(-1)
    return features.sum(-2).square().sum(-1) / lengths.square().clamp_min(_TINY)


def agreement_loss(features: Float[Tensor, "*B N D"], form: AgreementForm = "resolved") -> Float[Tensor, ""]:
    """The perceptual loss between the renders of one person, mean over the batch (Occlusion Resistant Network, eq. 7).

    Args:
        features: recognition features of the N renders of each person.
        form: "resolved": 1 - `resolved_agreement`, which pulls the renders together. "printed": `printed_agreement`
            itself, which when minimised drives them apart.

    Raises:
        ChoiceError: another form.
    """
    if form == "resolved":
        return (1 - resolved_agreement(features)).mean()
    if form == "printed":
        return printed_agreement(features).mean()
    raise ChoiceError("form of the agreement loss", form, ["resolved", "printed"])
