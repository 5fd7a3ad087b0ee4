"""Predicted meshes as the NoW benchmark takes them: SUBJECT/CHALLENGE/NAME.ply or .obj, seven landmarks beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from torch import Tensor

from manyfaces.bench.now.dataset import NowImage
from manyfaces.core.errors import DataError
from manyfaces.heads import HeadModel
from manyfaces.io.atomic import atomic_path
from manyfaces.io.mesh_files import ply_bytes
from manyfaces.metrics.now import LANDMARKS_OF_68
from manyfaces.metrics.vertices import MM_PER_M

Unit = Literal["mm", "cm", "m", "none"]
UNIT_MM: Mapping[str, float | None] = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "none": None}

N_JAW_LINE = 17
"""The points of iBUG's scheme that embeddings of 51 leave out."""


@dataclass(frozen=True)
class Prediction:
    """The files of one predicted mesh.

    Attributes:
        mesh: OBJ or PLY.
        landmarks: .npy or text.
    """

    mesh: Path
    landmarks: Path


def find_prediction(folder: Path, image: NowImage) -> Prediction | None:
    """What was predicted for an image; None if nothing was.

    Where there are several forms, OBJ goes before PLY and .npy before text, as in the published evaluation.

    Raises:
        DataError: there is a mesh without landmarks.
    """
    base = folder / image.stem
    mesh, landmarks = _existing(base, ".obj", ".ply"), _existing(base, ".npy", ".txt")
    if mesh is None:
        return None
    if landmarks is None:
        raise DataError(f"{mesh} has no landmarks beside it", f"write the seven points to {base.name}.npy or .txt")
    return Prediction(mesh, landmarks)


def seven_landmarks(head: HeadModel, vertices: Float[Tensor, "*B V 3"]) -> Float[Tensor, "*B 7 3"]:
    """The benchmark's landmarks of a head, in the vertices' unit.

    Raises:
        ChoiceError: the head has no landmarks.
    """
    if "68" not in head.data.landmarks and "51" in head.data.landmarks:
        return head.landmarks(vertices, "51")[..., [k - N_JAW_LINE for k in LANDMARKS_OF_68], :]
    return head.landmarks(vertices, "68")[..., list(LANDMARKS_OF_68), :]


def write_prediction(folder: Path, image: NowImage, head: HeadModel, vertices: Float[Tensor, "V 3"]) -> Prediction:
    """Write a mesh of a head and its landmarks, in millimetres.

    Args:
        folder: of all predictions.
        image: whose this is.
        head: gives faces and landmarks.
        vertices: metres.

    Raises:
        OutputError: a file cannot be written.
    """
    base = folder / image.stem
    landmarks = (seven_landmarks(head, vertices) * MM_PER_M).cpu().numpy()
    mesh = ply_bytes((vertices * MM_PER_M).cpu().numpy(), head.faces.cpu().numpy(), unit="millimetres")
    prediction = Prediction(_with(base, ".ply"), _with(base, ".npy"))
    with atomic_path(prediction.landmarks) as path:
        np.save(path, landmarks)
    # The mesh comes last: where it is, the prediction is whole.
    with atomic_path(prediction.mesh) as path:
        path.write_bytes(mesh)
    return prediction


def _existing(base: Path, *endings: str) -> Path | None:
    return next((path for ending in endings if (path := _with(base, ending)).is_file()), None)


def _with(base: Path, ending: str) -> Path:
    return base.with_name(base.name + ending)  # not with_suffix: names may hold dots
