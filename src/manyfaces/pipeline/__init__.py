"""From a photo to its reconstructions: preprocessing, sampling, pose, results, released models."""

from manyfaces.pipeline.catalogue import MODELS, ReleasedModel, released
from manyfaces.pipeline.options import LookOptions, Options
from manyfaces.pipeline.predictor import Predictor
from manyfaces.pipeline.result import Appearance, Hypothesis, Reconstruction

__all__ = [
    "MODELS",
    "Appearance",
    "Hypothesis",
    "LookOptions",
    "Options",
    "Predictor",
    "Reconstruction",
    "ReleasedModel",
    "released",
]
