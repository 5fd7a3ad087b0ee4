"""Losses: pure functions."""

from manyfaces.losses.coefficient_losses import coefficient_se, per_coefficient
from manyfaces.losses.diffusion import noise_l1, noise_mse
from manyfaces.losses.face_fit import cosine_distance
from manyfaces.losses.identity_agreement import (
    AgreementForm,
    agreement_loss,
    printed_agreement,
    resolved_agreement,
)
from manyfaces.losses.label_choice import LabelChoice, Reduction, choose_label, label_loss
from manyfaces.losses.margin import margin_cross_entropy
from manyfaces.losses.multi_occlusion import MultiOcclusionLoss, MultiOcclusionWeights, multi_occlusion_loss
from manyfaces.losses.ranking import best_candidate_cross_entropy, listwise_cross_entropy
from manyfaces.losses.weak_supervision import PredictedFace, SeenFace, WeakLoss, WeakWeights, weak_loss

__all__ = [
    "AgreementForm",
    "LabelChoice",
    "MultiOcclusionLoss",
    "MultiOcclusionWeights",
    "PredictedFace",
    "Reduction",
    "SeenFace",
    "WeakLoss",
    "WeakWeights",
    "agreement_loss",
    "best_candidate_cross_entropy",
    "choose_label",
    "coefficient_se",
    "cosine_distance",
    "label_loss",
    "listwise_cross_entropy",
    "margin_cross_entropy",
    "multi_occlusion_loss",
    "noise_l1",
    "noise_mse",
    "per_coefficient",
    "printed_agreement",
    "resolved_agreement",
    "weak_loss",
]
