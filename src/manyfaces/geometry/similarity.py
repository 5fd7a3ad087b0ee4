"""Similarity and rigid transforms, and their least-squares fit to point pairs."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Similarity:
    """target = scale * rotation @ source + translation, in two or three dimensions.

    Attributes:
        scale: positive, no unit.
        rotation: target_from_source.
        translation: in the target's unit.
    """

    scale: Float[Tensor, "*B"]
    rotation: Float[Tensor, "*B D D"]
    translation: Float[Tensor, "*B D"]

    def apply(self, points: Float[Tensor, "*P N D"]) -> Float[Tensor, "*Q N D"]:
        """Carry points from source to target; batch dimensions broadcast."""
        return self.scale[..., None, None] * points @ self.rotation.mT + self.translation[..., None, :]

    def inverse(self) -> "Similarity":
        """The transform source_from_target."""
        rotation = self.rotation.mT
        scale = 1 / self.scale
        translation = -scale[..., None] * (rotation @ self.translation[..., None])[..., 0]
        return Similarity(scale, rotation, translation)


def fit_similarity(
    source: Float[Tensor, "*B N D"],
    target: Float[Tensor, "*B N D"],
    weights: Float[Tensor, "*W N"] | None = None,
    with_scale: bool = True,
) -> Similarity:
    """The transform that minimises the weighted squared distance between point pairs.

    Source: Umeyama 1991, equations 34 to 42.

    Args:
        source: points, D = 2 or 3; at least D of them in general position.
        target: the point each one belongs to.
        weights: >= 0, not all zero; a batch of them or one for all. None: all one.
        with_scale: False keeps the scale at one.

    Returns:
        The transform target_from_source. Points that all coincide give scale one and no NaN.
    """
    if weights is None:
        weights = torch.ones_like(source[..., 0])
    share = (weights / weights.sum(-1, keepdim=True))[..., None]
    source_mean = (share * source).sum(-2, keepdim=True)
    target_mean = (share * target).sum(-2, keepdim=True)
    centred_source, centred_target = source - source_mean, target - target_mean
    covariance = centred_target.mT @ (share * centred_source)
    left, singular, right = torch.linalg.svd(covariance)
    sign = torch.where(torch.linalg.det(left @ right) < 0, -1.0, 1.0).to(singular)
    # Equation 39: the least singular direction is flipped where the best map would be a reflection.
    flip = torch.cat([torch.ones_like(singular[..., :-1]), sign[..., None]], -1)
    rotation = (left * flip[..., None, :]) @ right
    scale = torch.ones_like(sign)
    if with_scale:
        variance = (share * centred_source.square()).sum((-1, -2))
        spread = variance > 0
        scale = torch.where(spread, (singular * flip).sum(-1) / torch.where(spread, variance, 1.0), 1.0)
    moved_mean = scale[..., None] * (rotation @ source_mean.mT)[..., 0]
    return Similarity(scale, rotation, target_mean[..., 0, :] - moved_mean)


def fit_rigid(
    source: Float[Tensor, "*B N D"], target: Float[Tensor, "*B N D"], weights: Float[Tensor, "*W N"] | None = None
) -> Similarity:
    """`fit_similarity` with the scale held at one."""
    return fit_similarity(source, target, weights, with_scale=False)
