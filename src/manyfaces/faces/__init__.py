"""A face from one vector: coefficients taken apart, and a head model with colours, light, pose and camera."""

from manyfaces.faces.coefficients import BFM_LAYOUT, CoefficientLayout, FaceCoefficients, FaceLaw
from manyfaces.faces.model import FaceModel, Projection
from manyfaces.faces.regressor import CoefficientRegressor

__all__ = [
    "BFM_LAYOUT",
    "CoefficientLayout",
    "CoefficientRegressor",
    "FaceCoefficients",
    "FaceLaw",
    "FaceModel",
    "Projection",
]
