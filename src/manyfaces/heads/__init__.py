"""Linear head models: coefficients to vertices."""

from manyfaces.heads.data import HeadData
from manyfaces.heads.landmarks import ContourEmbedding, LandmarkEmbedding
from manyfaces.heads.model import HeadModel
from manyfaces.heads.skinning import pose_vertices
from manyfaces.heads.texture import TextureSpace, vertex_colours

__all__ = [
    "ContourEmbedding",
    "HeadData",
    "HeadModel",
    "LandmarkEmbedding",
    "TextureSpace",
    "pose_vertices",
    "vertex_colours",
]
