"""Landmark data sets by their published layouts: every annotated face is one `LandmarkSample`."""

from manyfaces.data.landmarks.aflw2000 import Annotation, read_aflw2000
from manyfaces.data.landmarks.cofw68 import read_cofw68
from manyfaces.data.landmarks.facescape import read_facescape
from manyfaces.data.landmarks.ibug import AFW, HELEN, W300, Subset, read_ibug
from manyfaces.data.landmarks.sample import LandmarkSample, LandmarkSet, pictures
from manyfaces.data.landmarks.w300vw import read_300vw

__all__ = [
    "AFW",
    "HELEN",
    "W300",
    "Annotation",
    "LandmarkSample",
    "LandmarkSet",
    "Subset",
    "pictures",
    "read_300vw",
    "read_aflw2000",
    "read_cofw68",
    "read_facescape",
    "read_ibug",
]
