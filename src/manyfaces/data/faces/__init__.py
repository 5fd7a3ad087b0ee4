"""Photos of faces without coefficients: readers of published sets, and shards of them in R-Net's frame."""

from manyfaces.data.faces.aligned import (
    AlignedFaceSet,
    AlignedSource,
    aligned_source,
    open_aligned_faces,
)
from manyfaces.data.faces.celeba import CelebA, open_celeba
from manyfaces.data.faces.celeba_records import CelebARecords, open_celeba_records
from manyfaces.data.faces.folders import LandmarkFaces, PhotoFolder, landmark_faces, photo_folder
from manyfaces.data.faces.opening import FaceSetKind, open_face_set
from manyfaces.data.faces.prepare import AlignConfig, AlignedFace, LeftOut, align_face, align_faces
from manyfaces.data.faces.sample import (
    MEASURED_ON,
    SPLITS,
    TRAINED_ON,
    FaceEntry,
    FacePhoto,
    FaceSet,
    Split,
    choose,
    photos,
)

__all__ = [
    "MEASURED_ON",
    "SPLITS",
    "TRAINED_ON",
    "AlignConfig",
    "AlignedFace",
    "AlignedFaceSet",
    "AlignedSource",
    "CelebA",
    "CelebARecords",
    "FaceEntry",
    "FacePhoto",
    "FaceSet",
    "FaceSetKind",
    "LandmarkFaces",
    "LeftOut",
    "PhotoFolder",
    "Split",
    "align_face",
    "align_faces",
    "aligned_source",
    "choose",
    "landmark_faces",
    "open_aligned_faces",
    "open_celeba",
    "open_celeba_records",
    "open_face_set",
    "photo_folder",
    "photos",
]
