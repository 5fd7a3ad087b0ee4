"""Faces and their dense points; the networks are handed in, nothing is read from disk."""

from manyfaces.detect.alignment import FaceCrops, arcface_crop, five_points, portrait_crop, to_face_crops
from manyfaces.detect.boxes import FaceBox
from manyfaces.detect.detector import FaceDetector
from manyfaces.detect.landmarks import MIRROR_468, POINTS_68_FROM_468
from manyfaces.detect.mesh import FaceMesh, FacePoints, TensorFunction, crop_from_box, crop_from_points
from manyfaces.detect.rnet_alignment import RNetCrop, rnet_affine, rnet_crop, rnet_five

__all__ = [
    "MIRROR_468",
    "POINTS_68_FROM_468",
    "FaceBox",
    "FaceCrops",
    "FaceDetector",
    "FaceMesh",
    "FacePoints",
    "RNetCrop",
    "TensorFunction",
    "arcface_crop",
    "crop_from_box",
    "crop_from_points",
    "five_points",
    "portrait_crop",
    "rnet_affine",
    "rnet_crop",
    "rnet_five",
    "to_face_crops",
]
