"""How sure each pixel shows skin, from its colour alone: the attention of R-Net's photometric loss.

Two mixtures of four Gaussians in YCbCr, one of skin and one of all else, with the constants that the public code of
Deng et al. (CVPRW 2019) carries. It knows nothing of faces: wood and sand may pass for skin, and a face in shadow may
not. `find_occlusion` is the one that learns a face's own colours.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

PRIOR = 0.8
"""Share of skin among the pixels of a face crop, before their colour is known."""

_YCBCR_FROM_RGB = ((65.481, 128.553, 24.966), (-37.797, -74.203, 112.0), (112.0, -93.786, -18.214))
_YCBCR_BLACK = (16.0, 128.0, 128.0)


@dataclass(frozen=True)
class ColourMixture:
    """Gaussians in YCbCr.

    Attributes:
        weights: of each Gaussian; they sum to one.
        means: Y in 16 to 235, Cb, Cr in 16 to 240.
        precisions: inverse covariances; upper triangle: YY, YCb, YCr, CbCb, CbCr, CrCr.
    """

    weights: tuple[float, ...]
    means: tuple[tuple[float, float, float], ...]
    precisions: tuple[tuple[float, float, float, float, float, float], ...]

    @cached_property
    def matrices(self) -> Float[np.ndarray, "K 3 3"]:
        """The precisions as symmetric matrices."""
        return np.array(self.precisions)[:, [[0, 1, 2], [1, 3, 4], [2, 4, 5]]]

    @cached_property
    def heights(self) -> Float[np.ndarray, "K"]:
        """Logarithm of what each Gaussian adds to the density at its own mean."""
        return np.log(self.weights) + 0.5 * np.linalg.slogdet(self.matrices)[1] - 1.5 * np.log(2 * np.pi)

    def log_density(self, ycbcr: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B"]:
        """Natural logarithm of the density."""
        # A colour times a Gaussian's Cholesky factor has unit covariance: one product does it for all Gaussians.
        factors = np.linalg.cholesky(self.matrices)
        centres = np.einsum("kc,kcd->kd", self.means, factors)
        across = torch.tensor(np.concatenate(factors, 1)).to(ycbcr)
        centres, heights = torch.tensor(centres).to(ycbcr), torch.tensor(self.heights).to(ycbcr)
        deviations = (ycbcr @ across).unflatten(-1, (-1, 3)) - centres
        return torch.logsumexp(heights - 0.5 * deviations.square().sum(-1), -1)


SKIN = ColourMixture(
    (0.24063933, 0.16365987, 0.26034665, 0.33535415),
    (
        (113.71862, 103.39613, 164.08226),
        (150.19858, 105.18467, 155.51428),
        (183.92976, 107.62468, 152.71820),
        (114.90524, 113.59782, 151.38217),
    ),
    (
        (0.0019472069, 0.0020450759, -0.00060243998, 0.017700525, 0.0051420014, 0.0081308950),
        (0.0027110141, 0.0011036990, 0.0023122299, 0.010707724, 0.010742856, 0.017481629),
        (0.0048026871, 0.00022935172, 0.0077668377, 0.011729696, 0.0081661865, 0.025374353),
        (0.0011989699, 0.0022453172, -0.0010748957, 0.047758564, 0.020332102, 0.024502251),
    ),
)

OTHER = ColourMixture(
    (0.12791070, 0.31130761, 0.34245777, 0.21832393),
    (
        (99.200851, 112.07533, 140.20602),
        (110.91392, 125.52969, 130.19237),
        (129.75864, 129.96107, 126.96808),
        (112.29587, 128.85121, 129.05431),
    ),
    (
        (0.00085371657, 0.00071197288, 0.00023958916, 0.0025935620, 0.00076557708, 0.0015042332),
        (0.00024650150, 0.00045542428, 0.00015019422, 0.026412144, 0.018419769, 0.037497383),
        (0.00037054974, 0.00038146760, 0.00040408765, 0.0085505722, 0.0079136286, 0.010982352),
        (0.00013709733, 0.00051228428, 0.00012777430, 0.28237113, 0.10528370, 0.23468947),
    ),
)


def ycbcr_from_rgb(rgb: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 3"]:
    """ITU-R BT.601 in studio range: Y from 16 to 235, Cb and Cr from 16 to 240, for RGB in [0, 1]."""
    matrix = torch.tensor(_YCBCR_FROM_RGB, dtype=rgb.dtype, device=rgb.device)
    return rgb @ matrix.mT + torch.tensor(_YCBCR_BLACK, dtype=rgb.dtype, device=rgb.device)


def skin_attention(pictures: Float[Tensor, "B 3 H W"], prior: float = PRIOR) -> Float[Tensor, "B H W"]:
    """Probability that each pixel shows skin.

    The published masks are the same number rounded to 1/255, since they are kept as pictures.

    Args:
        pictures: RGB in [0, 1].
        prior: share of skin among all pixels, between 0 and 1.
    """
    ycbcr = ycbcr_from_rgb(pictures.movedim(1, -1))
    odds = SKIN.log_density(ycbcr) - OTHER.log_density(ycbcr) + math.log(prior / (1 - prior))
    return torch.sigmoid(odds)
