"""One label for all views of a person: the one whose render looks most like the photo."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from manyfaces.core.errors import ChoiceError
from manyfaces.losses.face_fit import cosine_distance

Reduction = Literal["sum", "mean"]


@dataclass(frozen=True)
class LabelChoice:
    """Which of N candidate labels each person is taught.

    Attributes:
        index: of the candidate nearest to the photo; of equal ones the first.
        distance: cosine distance of every candidate's features to the photo's, 0 to 2.
    """

    index: Int64[Tensor, "*B"]
    distance: Float[Tensor, "*B N"]

    def of(self, labels: Float[Tensor, "*B N K"]) -> Float[Tensor, "*B K"]:
        """The chosen ones; no gradient goes back through them."""
        index = self.index[..., None, None].expand(*self.index.shape, 1, labels.shape[-1])
        return labels.gather(-2, index).squeeze(-2).detach()


def choose_label(rendered: Float[Tensor, "*B N D"], photo: Float[Tensor, "*B D"]) -> LabelChoice:
    """Choose the candidate whose render has the features nearest to the photo's (Occlusion Resistant Network, eq. 8).

    Args:
        rendered: recognition features of the candidates' renders, laid over the photo: on another background, that
            is what the features would compare.
        photo: recognition features of the photo, with nothing in front of the face.
    """
    distance = cosine_distance(rendered.detach(), photo.detach()[..., None, :])
    return LabelChoice(distance.argmin(-1), distance)


def label_loss(
    predicted: Float[Tensor, "*B N K"],
    label: Float[Tensor, "*B K"],
    reduction: Reduction = "sum",
    epsilon: float = 1e-6,
) -> Float[Tensor, ""]:
    """Distance of every view's coefficients to the label they share, mean over the batch (eq. 8).

    Args:
        predicted: coefficients from N views.
        label: `LabelChoice.of` the candidates.
        reduction: over the views: "sum" as printed, or "mean".
        epsilon: length that rounds the norm's corner off: sqrt(|d|^2 + epsilon^2), whose gradient at 0 is 0.

    Raises:
        ChoiceError: another reduction.
    """
    squared = (predicted - label.detach()[..., None, :]).square().sum(-1)
    length = torch.sqrt(squared + epsilon**2)
    if reduction == "sum":
        return length.sum(-1).mean()
    if reduction == "mean":
        return length.mean()
    raise ChoiceError("reduction over the views", reduction, ["sum", "mean"])
