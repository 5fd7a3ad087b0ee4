"""Whole losses of the networks that make displacement maps: the teacher's, and the animatable student's."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from manyfaces.losses.displacement import (
    hidden_texels,
    magnitude_loss,
    smoothness_loss,
    symmetry_loss,
    teacher_loss,
)
from manyfaces.losses.id_mrf import id_mrf_loss


@dataclass(frozen=True)
class DetailWeights:
    """Factors of the terms. Mao et al. give none; these are DECA's, turned into our units where they differ.

    Attributes:
        photometric: L_phoD.
        mrf: L_mrf; DECA's 0.05 is multiplied by its photometric factor of 2.
        smoothness: L_smo.
        magnitude: L_regD; DECA's 0.005 on metres.
        teacher: L_Tchr, ours.
        symmetry: L_sym; DECA's 0.005 on the sum of metres over 256 x 256 texels, 0.005 x 65536 x 0.01.
        consistency: L_dc.
    """

    photometric: float = 2.0
    mrf: float = 0.1
    smoothness: float = 0.005
    magnitude: float = 5e-5
    teacher: float = 1.0
    symmetry: float = 3.3
    consistency: float = 1.0


@dataclass(frozen=True)
class DetailedFace:
    """What a displacement map comes to, on the texture map.

    Attributes:
        displacement_m: metres.
        texture: albedo times light on the detailed surface, RGB in [0, 1]; None leaves L_phoD out.
        shading: that light alone; None leaves L_smo out.
        features: feature maps of the render, one for each layer, by a network that is handed in; none leaves L_mrf out.
    """

    displacement_m: Float[Tensor, "B H W"]
    texture: Float[Tensor, "B H W 3"] | None = None
    shading: Float[Tensor, "B H W C"] | None = None
    features: tuple[Float[Tensor, "B _ _ _"], ...] = ()


@dataclass(frozen=True)
class SeenTexture:
    """What a photo shows, unwrapped.

    Attributes:
        texture: RGB in [0, 1].
        visible: 0 to 1, which texels the photo shows and are skin.
        surface: 0 to 1, which texels of the map are skin of the head and mirrored by others.
        features: as in `DetailedFace`, of the photo.
    """

    texture: Float[Tensor, "B H W 3"]
    visible: Float[Tensor, "B H W"]
    surface: Float[Tensor, "*M H W"]
    features: tuple[Float[Tensor, "B _ _ _"], ...] = ()


@dataclass(frozen=True)
class DetailLoss:
    """L_UNet and its terms, each before its factor.

    Attributes:
        total: what the teacher minimises.
        photometric: mean absolute difference of the textures where the photo shows them, over the whole map.
        mrf: see `id_mrf_loss`.
        smoothness: see `smoothness_loss`.
        magnitude: see `magnitude_loss`.
    """

    total: Float[Tensor, ""]
    photometric: Float[Tensor, ""]
    mrf: Float[Tensor, ""]
    smoothness: Float[Tensor, ""]
    magnitude: Float[Tensor, ""]


@dataclass(frozen=True)
class AnimatedDetailLoss:
    """L_animD and its terms, each before its factor.

    Attributes:
        total: what the student minimises.
        detail: L_UNet of the student's own displacements.
        teacher: L_Tchr.
        symmetry: L_sym.
        consistency: the sum of these three, with their factors, for displacements from another frame of the person.
    """

    total: Float[Tensor, ""]
    detail: Float[Tensor, ""]
    teacher: Float[Tensor, ""]
    symmetry: Float[Tensor, ""]
    consistency: Float[Tensor, ""]


def detail_loss(face: DetailedFace, seen: SeenTexture, weights: DetailWeights | None = None) -> DetailLoss:
    """L_UNet = L_phoD + L_mrf + L_smo + L_regD (Mao et al., CVPR 2025, equation 4).

    Args:
        face: predicted.
        seen: constant.
        weights: the defaults when None.
    """
    weights = weights or DetailWeights()
    photometric = mrf = smoothness = face.displacement_m.new_zeros(())
    if face.texture is not None:
        photometric = ((face.texture - seen.texture.detach()).abs().mean(-1) * seen.visible).mean()
    if face.features:
        mrf = id_mrf_loss(face.features, seen.features)
    if face.shading is not None:
        smoothness = smoothness_loss(face.shading, seen.surface)
    magnitude = magnitude_loss(face.displacement_m)
    total = (
        weights.photometric * photometric
        + weights.mrf * mrf
        + weights.smoothness * smoothness
        + weights.magnitude * magnitude
    )
    return DetailLoss(total, photometric, mrf, smoothness, magnitude)


def animated_detail_loss(
    own: DetailedFace,
    swapped: DetailedFace,
    seen: SeenTexture,
    teacher_m: Float[Tensor, "B H W"],
    weights: DetailWeights | None = None,
) -> AnimatedDetailLoss:
    """L_animD = L_UNet + L_Tchr + L_sym + L_dc (Mao et al., CVPR 2025, equations 6 and 7).

    Equation 7 defines L_dc by L_animD, which holds L_dc, without end. Here L_dc holds the other three, for what the
    student makes of another picture of the person under this frame's tension, against this frame and its teacher.
    L_Tchr counts where the photo shows skin, see `teacher_loss`.

    Args:
        own: from this frame's picture and tension.
        swapped: from the picture of another frame of the person (see `exchange_rows`) and this frame's tension.
        seen: this frame; constant.
        teacher_m: the teacher's displacements for this frame, metres; constant.
        weights: the defaults when None.
    """
    weights = weights or DetailWeights()
    detail, teacher, symmetry = _three_terms(own, seen, teacher_m, weights)
    consistency = _weighted(_three_terms(swapped, seen, teacher_m, weights), weights)
    total = _weighted((detail, teacher, symmetry), weights) + weights.consistency * consistency
    return AnimatedDetailLoss(total, detail, teacher, symmetry, consistency)


def _three_terms(
    face: DetailedFace, seen: SeenTexture, teacher_m: Tensor, weights: DetailWeights
) -> tuple[Tensor, Tensor, Tensor]:
    hidden = hidden_texels(seen.visible) * seen.surface
    return (
        detail_loss(face, seen, weights).total,
        teacher_loss(face.displacement_m, teacher_m, seen.visible).total,
        symmetry_loss(face.displacement_m, hidden),
    )


def _weighted(terms: tuple[Tensor, Tensor, Tensor], weights: DetailWeights) -> Tensor:
    detail, teacher, symmetry = terms
    return detail + weights.teacher * teacher + weights.symmetry * symmetry
