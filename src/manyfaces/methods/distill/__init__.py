"""The Occlusion Resistant Network (WACV 2022): students that see hidden faces, taught by one that sees clear ones."""

from manyfaces.methods.distill.networks import N_VIEWS, OPEN, PUBLISHED, DistillConfig, Mopi, RNet, Sopi
from manyfaces.methods.distill.recognition import (
    ArcFaceRecogniser,
    FaceNetRecogniser,
    FrozenRecogniser,
    Recogniser,
    SmallRecogniser,
    SmallRecogniserConfig,
)

__all__ = [
    "N_VIEWS",
    "OPEN",
    "PUBLISHED",
    "ArcFaceRecogniser",
    "DistillConfig",
    "FaceNetRecogniser",
    "FrozenRecogniser",
    "Mopi",
    "RNet",
    "Recogniser",
    "SmallRecogniser",
    "SmallRecogniserConfig",
    "Sopi",
]
