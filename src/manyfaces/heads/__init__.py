"""Linear head models: coefficients to vertices."""

from manyfaces.heads.data import HeadData, LandmarkEmbedding
from manyfaces.heads.model import HeadModel
from manyfaces.heads.skinning import pose_vertices

__all__ = ["HeadData", "HeadModel", "LandmarkEmbedding", "pose_vertices"]
