"""The ID-MRF loss: every patch of a photo wants a patch of the render that is like it and like no other."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import InputError

BANDWIDTH, EPSILON = 0.5, 1e-5
"""h and epsilon of the published losses."""


def id_mrf_distance(
    rendered: Float[Tensor, "B C H W"],
    photo: Float[Tensor, "B C H W"],
    bandwidth: float = BANDWIDTH,
    epsilon: float = EPSILON,
) -> Float[Tensor, " B"]:
    """-log of the mean, over the photo's positions, of the best relative similarity that any rendered position has.

    Zero where the feature maps are equal and no two positions alike; log(H W) where all rendered positions are alike.
    Memory grows with the square of H W.

    Args:
        rendered: features of the render, of one layer of a network.
        photo: features of the photo; constant.
        bandwidth: h; the smaller, the more the best match takes all.
        epsilon: against division by the distance of a perfect match.

    Source: Wang et al., NeurIPS 2018 (generative multi-column inpainting), equations 3 to 5, with the cosine distance
        and the mean of the photo's features taken off both, as in the contextual loss; patches of one position.
    """
    target = photo.detach().flatten(2)
    middle = target.mean(-1, keepdim=True)
    ours, theirs = (F.normalize(f - middle, dim=1) for f in (rendered.flatten(2), target))
    distance = (1 - ours.mT @ theirs).clamp_min(0) / 2  # (B, rendered position, photo position)
    relative = distance / (distance.amin(-1, keepdim=True) + epsilon)
    similarity = torch.softmax((1 - relative) / bandwidth, -1)
    return -similarity.amax(-2).mean(-1).log()


def id_mrf_loss(
    rendered: Sequence[Float[Tensor, "B _ _ _"]],
    photo: Sequence[Float[Tensor, "B _ _ _"]],
    weights: Sequence[float] | None = None,
) -> Float[Tensor, ""]:
    """L_mrf: the weighted sum of `id_mrf_distance` over layers, mean over the batch.

    Mao et al. (CVPR 2025) name conv3_2 and conv4_2 of VGG19. DECA counts its second layer twice, as style and as
    content (weights 1 and 2), and means other layers by the same names: the first ReLU of blocks 3 and 4.

    Args:
        rendered: feature maps of the render, one for each layer.
        photo: those of the photo.
        weights: of the layers; all one when None.

    Raises:
        InputError: the numbers of layers differ.
    """
    weights = [1.0] * len(rendered) if weights is None else weights
    if not len(rendered) == len(photo) == len(weights):
        raise InputError(
            f"{len(rendered)} feature maps of the render, {len(photo)} of the photo, {len(weights)} weights",
            "give one of each for every layer",
        )
    terms = [w * id_mrf_distance(r, p).mean() for r, p, w in zip(rendered, photo, weights, strict=True)]
    return torch.stack(terms).sum()
