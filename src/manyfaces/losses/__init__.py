"""Losses: pure functions."""

from manyfaces.losses.coefficient_losses import coefficient_l1, coefficient_se, per_coefficient
from manyfaces.losses.detail import (
    AnimatedDetailLoss,
    DetailedFace,
    DetailLoss,
    DetailWeights,
    SeenTexture,
    animated_detail_loss,
    detail_loss,
)
from manyfaces.losses.diffusion import noise_l1, noise_mse
from manyfaces.losses.displacement import (
    TeacherLoss,
    displacement_l1,
    displacement_ssim,
    hidden_texels,
    magnitude_loss,
    smoothness_loss,
    symmetry_loss,
    teacher_loss,
)
from manyfaces.losses.exchange import exchange_rows
from manyfaces.losses.face_fit import cosine_distance
from manyfaces.losses.id_mrf import id_mrf_distance, id_mrf_loss
from manyfaces.losses.identity_agreement import (
    AgreementForm,
    agreement_loss,
    printed_agreement,
    resolved_agreement,
)
from manyfaces.losses.label_choice import LabelChoice, Reduction, choose_label, label_loss
from manyfaces.losses.landmark_terms import (
    EYELID_PAIRS,
    LIP_PAIRS,
    MOUTH_PAIRS,
    Pairs,
    inner_weights,
    jaw_and_inner_weights,
    pair_distance_loss,
    weighted_landmark_loss,
)
from manyfaces.losses.margin import margin_cross_entropy
from manyfaces.losses.multi_occlusion import MultiOcclusionLoss, MultiOcclusionWeights, multi_occlusion_loss
from manyfaces.losses.ranking import best_candidate_cross_entropy, listwise_cross_entropy
from manyfaces.losses.silhouette import silhouette_loss
from manyfaces.losses.ssim import ssim
from manyfaces.losses.weak_supervision import PredictedFace, SeenFace, WeakLoss, WeakWeights, weak_loss

__all__ = [
    "EYELID_PAIRS",
    "LIP_PAIRS",
    "MOUTH_PAIRS",
    "AgreementForm",
    "AnimatedDetailLoss",
    "DetailLoss",
    "DetailWeights",
    "DetailedFace",
    "LabelChoice",
    "MultiOcclusionLoss",
    "MultiOcclusionWeights",
    "Pairs",
    "PredictedFace",
    "Reduction",
    "SeenFace",
    "SeenTexture",
    "TeacherLoss",
    "WeakLoss",
    "WeakWeights",
    "agreement_loss",
    "animated_detail_loss",
    "best_candidate_cross_entropy",
    "choose_label",
    "coefficient_l1",
    "coefficient_se",
    "cosine_distance",
    "detail_loss",
    "displacement_l1",
    "displacement_ssim",
    "exchange_rows",
    "hidden_texels",
    "id_mrf_distance",
    "id_mrf_loss",
    "inner_weights",
    "jaw_and_inner_weights",
    "label_loss",
    "listwise_cross_entropy",
    "magnitude_loss",
    "margin_cross_entropy",
    "multi_occlusion_loss",
    "noise_l1",
    "noise_mse",
    "pair_distance_loss",
    "per_coefficient",
    "printed_agreement",
    "resolved_agreement",
    "silhouette_loss",
    "smoothness_loss",
    "ssim",
    "symmetry_loss",
    "teacher_loss",
    "weak_loss",
    "weighted_landmark_loss",
]
