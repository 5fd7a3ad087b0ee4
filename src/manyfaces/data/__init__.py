"""Synthetic people, and what the detector says of them: training examples with exact truth."""

from manyfaces.data.bank import Bank, BankConfig, build_bank, observe_scenes
from manyfaces.data.expressions import ExpressionPrior, ExpressionShares
from manyfaces.data.scene import Scene, SceneConfig, sample_scene
from manyfaces.data.sources import BankSource, EncodedBank

__all__ = [
    "Bank",
    "BankConfig",
    "BankSource",
    "EncodedBank",
    "ExpressionPrior",
    "ExpressionShares",
    "Scene",
    "SceneConfig",
    "build_bank",
    "observe_scenes",
    "sample_scene",
]
