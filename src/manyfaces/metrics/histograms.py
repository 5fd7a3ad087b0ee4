"""How different the colours of two faces are, place by place forgotten.

The "histogram dissimilarity" of Tiwari et al., WACV 2022, is not defined there. These definitions are ours: an earth
mover's distance in grey levels, whose size is that of the paper's figures, and the chi-square distance.
"""

from typing import Literal

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from manyfaces.core.errors import ChoiceError

N_LEVELS = 256
HistogramForm = Literal["earth_mover", "chi_square"]


def colour_histograms(pictures: UInt8[Tensor, "B 3 H W"], mask: Bool[Tensor, "B H W"]) -> Float[Tensor, "B 3 256"]:
    """Share of the masked pixels at each of the 256 levels; not a number where the mask is empty.

    Args:
        pictures: RGB.
        mask: the pixels that count.
    """
    n = len(pictures)
    place = torch.arange(3 * n, device=pictures.device).view(n, 3, 1, 1) * N_LEVELS + pictures
    counts = torch.bincount(place[mask[:, None].expand_as(place)], minlength=3 * n * N_LEVELS)
    counts = counts.view(n, 3, N_LEVELS).double()
    return counts / counts.sum(-1, keepdim=True)


def histogram_dissimilarity(
    first: Float[Tensor, "*B 256"], second: Float[Tensor, "*B 256"], form: HistogramForm | str = "earth_mover"
) -> Float[Tensor, "*B"]:
    """Compare histograms; the mean over red, green and blue is left to the caller.

    Args:
        first: shares that sum to one.
        second: the same.
        form: "earth_mover": by how many grey levels the average pixel must move; "chi_square": half the sum of squared
            differences over sums, from 0 to 1.

    Raises:
        ChoiceError: another form.
    """
    if form == "earth_mover":
        return (first - second).cumsum(-1).abs().sum(-1)
    if form == "chi_square":
        return 0.5 * ((first - second).square() / (first + second).clamp(min=1e-12)).sum(-1)
    raise ChoiceError("form of histogram dissimilarity", form, ["earth_mover", "chi_square"])
