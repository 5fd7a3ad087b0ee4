"""The Occlusion Resistant Network (WACV 2022): students that see hidden faces, taught by one that sees clear ones."""

from manyfaces.methods.distill.coefficients import BFM_LAYOUT, CoefficientLayout, FaceCoefficients
from manyfaces.methods.distill.face_model import FaceModel
from manyfaces.methods.distill.networks import N_VIEWS, OPEN, PUBLISHED, DistillConfig, Mopi, RNet, Sopi

__all__ = [
    "BFM_LAYOUT",
    "N_VIEWS",
    "OPEN",
    "PUBLISHED",
    "CoefficientLayout",
    "DistillConfig",
    "FaceCoefficients",
    "FaceModel",
    "Mopi",
    "RNet",
    "Sopi",
]
