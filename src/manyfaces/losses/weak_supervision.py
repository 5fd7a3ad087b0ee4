"""R-Net's whole loss: a face against the photo it was predicted from, without any truth in three dimensions."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.losses.face_fit import (
    coloured_light,
    feature_loss,
    landmark_loss,
    landmark_weights,
    photometric_loss,
    squared_length,
    uneven_reflectance,
)


@dataclass(frozen=True)
class WeakWeights:
    """Factors of the terms, as in the public PyTorch code of R-Net.

    Attributes:
        feature: of the recognition features' distance.
        photometric: of the colour distance.
        landmark: of the landmarks' squared distance, square pixels of the 224 frame.
        coefficient: of the three below together.
        identity: of the identity's squared length, inside the coefficient term.
        expression: of the expression's, likewise.
        albedo: of the albedo's, likewise.
        light: of the light's colour.
        reflectance: of the skin's unevenness.
        heavy_landmarks: weight of the nose's ridge and of the inner mouth, the other landmarks having 1.
    """

    feature: float = 0.2
    photometric: float = 1.92
    landmark: float = 1.6e-3
    coefficient: float = 3e-4
    identity: float = 1.0
    expression: float = 0.8
    albedo: float = 1.7e-2
    light: float = 10.0
    reflectance: float = 5.0
    heavy_landmarks: float = 20.0


@dataclass(frozen=True)
class PredictedFace:
    """What a network's coefficients come to.

    Attributes:
        picture: the render, RGB in [0, 1].
        coverage: where the face is rendered, 0 to 1.
        landmarks_px: projected landmarks, pixels of the 224 frame.
        identity: coefficients in standard deviations.
        expression: likewise.
        albedo: likewise.
        light: spherical-harmonic coefficients, RGB first.
        colours: unlit vertex colours in [0, 1].
        features: recognition features of the render; None leaves the term out.
    """

    picture: Float[Tensor, "B 3 H W"]
    coverage: Float[Tensor, "B H W"]
    landmarks_px: Float[Tensor, "B 68 2"]
    identity: Float[Tensor, "B S"]
    expression: Float[Tensor, "B E"]
    albedo: Float[Tensor, "B T"]
    light: Float[Tensor, "B 3 9"]
    colours: Float[Tensor, "B V 3"]
    features: Float[Tensor, "B D"] | None = None


@dataclass(frozen=True)
class SeenFace:
    """What is known of the photo.

    Attributes:
        picture: RGB in [0, 1].
        skin: how sure each pixel shows skin, see `occlusion.skin_attention`.
        landmarks_px: detected landmarks, pixels of the 224 frame.
        features: recognition features of the photo; None leaves the term out.
    """

    picture: Float[Tensor, "B 3 H W"]
    skin: Float[Tensor, "B H W"]
    landmarks_px: Float[Tensor, "B 68 2"]
    features: Float[Tensor, "B D"] | None = None


@dataclass(frozen=True)
class WeakLoss:
    """The loss and its terms, each before its factor in the total.

    Attributes:
        total: what is minimised.
        feature: see `feature_loss`.
        photometric: see `photometric_loss`.
        landmark: see `landmark_loss`.
        coefficient: weighted sum of three `squared_length`.
        light: see `coloured_light`.
        reflectance: see `uneven_reflectance`.
    """

    total: Float[Tensor, ""]
    feature: Float[Tensor, ""]
    photometric: Float[Tensor, ""]
    landmark: Float[Tensor, ""]
    coefficient: Float[Tensor, ""]
    light: Float[Tensor, ""]
    reflectance: Float[Tensor, ""]


_TERMS = ("feature", "photometric", "landmark", "coefficient", "light", "reflectance")


def weak_loss(
    predicted: PredictedFace,
    seen: SeenFace,
    skin_vertices: Bool[Tensor, "V"],
    weights: WeakWeights | None = None,
) -> WeakLoss:
    """Sum the terms of R-Net.

    Args:
        predicted: from the network, with gradients.
        seen: constant.
        skin_vertices: which vertices of the head are skin.
        weights: the published ones by default.
    """
    weights = weights or WeakWeights()
    heavy = landmark_weights(weights.heavy_landmarks).to(predicted.landmarks_px)
    terms = {
        "feature": _feature(predicted, seen),
        "photometric": photometric_loss(predicted.picture, seen.picture, seen.skin * predicted.coverage),
        "landmark": landmark_loss(predicted.landmarks_px, seen.landmarks_px, heavy),
        "coefficient": weights.identity * squared_length(predicted.identity)
        + weights.expression * squared_length(predicted.expression)
        + weights.albedo * squared_length(predicted.albedo),
        "light": coloured_light(predicted.light),
        "reflectance": uneven_reflectance(predicted.colours, skin_vertices),
    }
    total = torch.stack([getattr(weights, name) * terms[name] for name in _TERMS]).sum()
    return WeakLoss(total, **terms)


def _feature(predicted: PredictedFace, seen: SeenFace) -> Tensor:
    if predicted.features is None or seen.features is None:
        return predicted.picture.new_zeros(())
    return feature_loss(predicted.features, seen.features)
