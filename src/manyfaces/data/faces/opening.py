"""Open a set of faces by its kind."""

from pathlib import Path
from typing import Literal, get_args

from manyfaces.core.errors import ChoiceError, DataError
from manyfaces.data.faces.celeba import Missing, is_celeba, open_celeba
from manyfaces.data.faces.celeba_records import open_celeba_records, records_folder
from manyfaces.data.faces.folders import landmark_faces, photo_folder
from manyfaces.data.faces.sample import FaceSet
from manyfaces.data.landmarks import read_aflw2000

FaceSetKind = Literal["celeba", "aflw2000", "photos"]


def open_face_set(kind: str, folder: Path, missing: Missing = "error") -> FaceSet:
    """Open a set of faces.

    Args:
        kind: "celeba" in either layout, pictures with lists or records of TensorFlow Datasets; "aflw2000"; "photos" for
            a folder of any.
        folder: where it lies.
        missing: of CelebA in pictures; see `open_celeba`.

    Raises:
        ChoiceError: another kind.
        DataError: the set is not there, not whole or damaged.
    """
    if kind not in get_args(FaceSetKind):
        raise ChoiceError("kind of set", kind, get_args(FaceSetKind))
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder", "name the folder of the data set")
    if kind == "aflw2000":
        return landmark_faces(read_aflw2000(folder), "AFLW2000-3D")
    if kind == "photos":
        return photo_folder(folder)
    if not is_celeba(folder) and records_folder(folder) is not None:
        return open_celeba_records(folder)
    return open_celeba(folder, missing)
