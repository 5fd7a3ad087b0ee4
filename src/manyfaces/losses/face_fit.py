"""How badly a rendered face fits its photo, term by term: the losses that R-Net learns from without truth.

Deng et al., "Accurate 3D Face Reconstruction with Weakly-Supervised Learning", CVPRW 2019, in the form of its public
PyTorch code. `weak_supervision` puts them together.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

_NOSE_BRIDGE, _INNER_MOUTH = slice(28, 31), slice(60, 68)


def landmark_weights(heavy: float = 20.0) -> Float[Tensor, "68"]:
    """One for each of the 68 landmarks, `heavy` for the nose's ridge (28 to 30) and the inner mouth (60 to 67)."""
    weights = torch.ones(68)
    weights[_NOSE_BRIDGE] = heavy
    weights[_INNER_MOUTH] = heavy
    return weights


def photometric_loss(
    rendered: Float[Tensor, "B 3 H W"],
    photo: Float[Tensor, "B 3 H W"],
    attention: Float[Tensor, "B H W"],
    epsilon: float = 1e-6,
) -> Float[Tensor, ""]:
    """Mean colour distance of pixels, weighed by attention over the whole batch; the distance is not squared.

    Args:
        rendered: RGB in [0, 1].
        photo: RGB in [0, 1].
        attention: how sure a pixel shows skin, times whether the face is rendered there; constant. Where it sums to
            less than one pixel the divisor is one.
        epsilon: under the root, so that equal colours have a gradient.
    """
    attention = attention.detach()
    distance = torch.sqrt(epsilon + (rendered - photo).square().sum(1))
    return (distance * attention).sum() / attention.sum().clamp_min(1.0)


def landmark_loss(
    predicted_px: Float[Tensor, "*B L 2"], target_px: Float[Tensor, "*B L 2"], weights: Float[Tensor, "L"]
) -> Float[Tensor, ""]:
    """Weighted squared distance in square pixels of the 224 frame, mean over landmarks and batch.

    Args:
        predicted_px: projected landmarks of the face.
        target_px: detected ones.
        weights: `landmark_weights` for the 68; they are factors, and not divided by their sum.
    """
    return (weights * (predicted_px - target_px).square().sum(-1)).mean()


def landmark_distance(predicted_px: Float[Tensor, "*B L 2"], target_px: Float[Tensor, "*B L 2"]) -> Float[Tensor, "*B"]:
    """Mean distance of landmarks, pixels; rounded off by a hundredth of one, so that equal ones have a gradient."""
    return torch.sqrt((predicted_px - target_px).square().sum(-1) + 1e-4).mean(-1)


def cosine_distance(features: Float[Tensor, "*B D"], others: Float[Tensor, "*C D"]) -> Float[Tensor, "*E"]:
    """1 - cosine of the angle between two vectors, 0 to 2; batch dimensions broadcast."""
    return 1 - F.cosine_similarity(features, others, dim=-1)


def feature_loss(rendered: Float[Tensor, "*B D"], photo: Float[Tensor, "*B D"]) -> Float[Tensor, ""]:
    """Mean cosine distance between recognition features of render and photo.

    Args:
        rendered: of the render.
        photo: of the photo; constant.
    """
    return cosine_distance(rendered, photo.detach()).mean()


def squared_length(coefficients: Float[Tensor, "*B K"]) -> Float[Tensor, ""]:
    """Squared length of coefficients in standard deviations, mean over the batch: how unusual a face is."""
    return coefficients.square().sum(-1).mean()


def coloured_light(light: Float[Tensor, "*B 3 9"]) -> Float[Tensor, ""]:
    """Variance of the light's coefficients over red, green and blue: zero for white light.

    Args:
        light: spherical-harmonic coefficients, RGB first.
    """
    return light.var(-2, correction=0).mean()


def uneven_reflectance(albedo: Float[Tensor, "B V 3"], skin: Bool[Tensor, "V"]) -> Float[Tensor, ""]:
    """How much the skin's albedo varies: its variance over the vertices, summed over RGB, mean over the batch.

    Args:
        albedo: unlit vertex colours in [0, 1].
        skin: which vertices are skin; at least one.
    """
    kept = albedo[:, skin]
    return kept.var(-2, correction=0).sum(-1).mean()
