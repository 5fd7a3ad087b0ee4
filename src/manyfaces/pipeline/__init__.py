"""From a photo to its reconstructions: preprocessing, sampling, pose, results, released models."""

from manyfaces.pipeline.catalogue import MODELS, ReleasedModel, released
from manyfaces.pipeline.predictor import Options, Predictor
from manyfaces.pipeline.result import Hypothesis, Reconstruction

__all__ = ["MODELS", "Hypothesis", "Options", "Predictor", "Reconstruction", "ReleasedModel", "released"]
