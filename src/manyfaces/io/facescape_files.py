"""FaceScape's own files: cameras of its photos, where their space lies, which vertices are landmarks.

Formats as documented by its toolkit (`doc/doc_mview_model.md`, `demo_align.ipynb`, `demo_landmark.ipynb`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from jaxtyping import Float64, Int64

from manyfaces.core.errors import DataError

MODEL_KEY = "v10"
"""Of the registered models among the landmark ids; "v16" is the bilinear model's."""
_FIX = "get the file anew"
Read = TypeVar("Read")


@dataclass(frozen=True)
class View:
    """One photo's camera, OpenCV's axes.

    Attributes:
        name: of the photo without its ending.
        intrinsics: pixels.
        rotation: camera_from_world.
        translation: of the same, the world's unit.
        distortion: k1, k2, p1, p2, k3.
        size_px: width and height.
        valid: FaceScape trusts the camera.
    """

    name: str
    intrinsics: Float64[np.ndarray, "3 3"]
    rotation: Float64[np.ndarray, "3 3"]
    translation: Float64[np.ndarray, "3"]
    distortion: Float64[np.ndarray, "5"]
    size_px: tuple[int, int]
    valid: bool

    @property
    def centre(self) -> Float64[np.ndarray, "3"]:
        """Of the camera, in the world."""
        return -self.rotation.T @ self.translation

    def project(self, points: Float64[np.ndarray, "P 3"]) -> Float64[np.ndarray, "P 2"]:
        """Points of the world on the photo as it is, lens distortion included."""
        turn, _ = cv2.Rodrigues(self.rotation)
        found, _ = cv2.projectPoints(points, turn, self.translation, self.intrinsics, self.distortion)
        return np.asarray(found, np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class Placement:
    """Where the cameras of one capture lie to its registered model: models = rotation (scale cameras) + translation.

    Attributes:
        scale: the model's millimetres in a unit of the cameras' world.
        rotation: models_from_cameras.
        translation: millimetres.
    """

    scale: float
    rotation: Float64[np.ndarray, "3 3"]
    translation: Float64[np.ndarray, "3"]

    def to_models(self, points: Float64[np.ndarray, "*P 3"]) -> Float64[np.ndarray, "*P 3"]:
        """From the cameras' world to the models'."""
        return self.scale * points @ self.rotation.T + self.translation

    def to_cameras(self, points: Float64[np.ndarray, "*P 3"]) -> Float64[np.ndarray, "*P 3"]:
        """From the models' world to the cameras'."""
        return (points - self.translation) @ self.rotation / self.scale


def read_views(path: Path) -> tuple[View, ...]:
    """Read a `params.json`; views in the order of their numbers.

    Raises:
        DataError: it cannot be read, or is damaged.
    """

    def parse(content: Any) -> tuple[View, ...]:
        numbers = sorted(int(key.removesuffix("_K")) for key in content if key.endswith("_K"))
        return tuple(_view(content, number) for number in numbers)

    return _parsed(path, parse)


def read_placements(path: Path) -> Mapping[tuple[str, str], Placement]:
    """Read `Rt_scale_dict.json`: by the numbers of subject and expression.

    Raises:
        DataError: it cannot be read, or is damaged.
    """

    def parse(content: Any) -> Mapping[tuple[str, str], Placement]:
        return {
            (subject, expression): Placement(float(scale), *_rotation_translation(moved))
            for subject, expressions in content.items()
            for expression, (scale, moved) in expressions.items()
        }

    return _parsed(path, parse)


def read_landmark_ids(path: Path) -> Int64[np.ndarray, "68"]:
    """Read `landmark_indices.npz`: which vertices of a registered model are the 68 points.

    Raises:
        DataError: it cannot be read, or does not name 68.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            ids = np.asarray(arrays[MODEL_KEY]).astype(np.int64).reshape(-1)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise DataError(f"{path} names no vertices of registered models: {error}", _FIX) from None
    if len(ids) != 68:
        raise DataError(f"{path} names {len(ids)} vertices, not 68", _FIX)
    return ids


def _view(content: Any, number: int) -> View:
    rotation, translation = _rotation_translation(content[f"{number}_Rt"])
    return View(
        name=str(number),
        intrinsics=np.array(content[f"{number}_K"], np.float64)[:3, :3],
        rotation=rotation,
        translation=translation,
        distortion=np.array(content[f"{number}_distortion"], np.float64).reshape(5),
        size_px=(int(content[f"{number}_width"]), int(content[f"{number}_height"])),
        valid=bool(content[f"{number}_valid"]),
    )


def _rotation_translation(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    matrix = np.array(rows, np.float64)
    if matrix.shape not in ((3, 4), (4, 4)) or not np.isfinite(matrix).all():
        raise ValueError(f"a transform of shape {matrix.shape}")
    return matrix[:3, :3], matrix[:3, 3]


def _parsed(path: Path, parse: Callable[[Any], Read]) -> Read:
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged: {type(error).__name__} {error}", _FIX) from None
