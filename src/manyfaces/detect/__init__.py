"""Faces and their dense points; the networks are handed in, nothing is read from disk."""

from manyfaces.detect.alignment import FaceCrops, arcface_crop, five_points, portrait_crop, to_face_crops
from manyfaces.detect.boxes import FaceBox
from manyfaces.detect.detector import FaceDetector, FindFaces
from manyfaces.detect.landmarks import MIRROR_468, POINTS_68_FROM_468
from manyfaces.detect.mesh import (
    FaceMesh,
    FacePoints,
    FindPoints,
    TensorFunction,
    crop_from_box,
    crop_from_points,
    settled_points,
)
from manyfaces.detect.rnet_alignment import RNetCrop, crop_from_five, rnet_affine, rnet_crop, rnet_five

__all__ = [
    "MIRROR_468",
    "POINTS_68_FROM_468",
    "FaceBox",
    "FaceCrops",
    "FaceDetector",
    "FaceMesh",
    "FacePoints",
    "FindFaces",
    "FindPoints",
    "RNetCrop",
    "TensorFunction",
    "arcface_crop",
    "crop_from_box",
    "crop_from_five",
    "crop_from_points",
    "five_points",
    "portrait_crop",
    "rnet_affine",
    "rnet_crop",
    "rnet_five",
    "settled_points",
    "to_face_crops",
]
