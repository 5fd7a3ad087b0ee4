"""Linear head models: coefficients to vertices."""

from manyfaces.heads.data import HeadData
from manyfaces.heads.fitting import FitConfig, HeadFit, fit_heads
from manyfaces.heads.landmarks import ContourEmbedding, LandmarkEmbedding
from manyfaces.heads.model import HeadModel
from manyfaces.heads.outline import marched_contour, outline_candidates, outline_mesh
from manyfaces.heads.part import face_part, landmark_part
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
    "face_part",
    "fit_heads",
    "landmark_part",
    "marched_contour",
    "outline_candidates",
    "outline_mesh",
    "pose_vertices",
    "vertex_colours",
]
