"""Linear head models: coefficients to vertices."""

from manyfaces.heads.data import HeadData
from manyfaces.heads.fitting import FitConfig, HeadFit, fit_heads
from manyfaces.heads.landmarks import ContourEmbedding, LandmarkEmbedding
from manyfaces.heads.model import HeadModel
from manyfaces.heads.skinning import pose_vertices
from manyfaces.heads.texture import TextureSpace, vertex_colours

__all__ = [
    "ContourEmbedding",
    "FitConfig",
    "HeadData",
    "HeadFit",
    "HeadModel",
    "LandmarkEmbedding",
    "TextureSpace",
    "fit_heads",
    "pose_vertices",
    "vertex_colours",
]
