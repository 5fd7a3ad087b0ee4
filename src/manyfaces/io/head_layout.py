"""Heads in our own layout: an npz of plain arrays, one for each field of `HeadData`."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from manyfaces.core.errors import HeadFileError
from manyfaces.heads import ContourEmbedding, HeadData, LandmarkEmbedding

_PARTED = ("name", "landmarks", "masks", "contour")  # fields that are more than one array, or none
_FIELDS = {
    field.name: field.default is dataclasses.MISSING
    for field in dataclasses.fields(HeadData)
    if field.name not in _PARTED
}
_TEXTS = ("unit_names", "joint_names")


def head_from_arrays(name: str, arrays: Mapping[str, Any]) -> HeadData:
    """Put a head together.

    Args:
        name: what it is called where the arrays do not say.
        arrays: as `arrays_from_head` gives them.

    Raises:
        HeadFileError: arrays are missing or do not fit each other.
    """
    missing = sorted(key for key, needed in _FIELDS.items() if needed and key not in arrays)
    if missing:
        raise HeadFileError(f"{name}.npz is no head model: it lacks {', '.join(missing)}")
    fields: dict[str, Any] = {key: single(arrays[key]) for key in _FIELDS if key in arrays}
    fields |= {key: tuple(str(value) for value in fields[key]) for key in _TEXTS}
    if "contour_face_ids" in arrays:
        fields["contour"] = ContourEmbedding(*_points(arrays, "contour"))
    return HeadData(
        name=str(arrays["name"]) if "name" in arrays else name,
        landmarks={key: _landmarks(arrays, f"landmarks_{key}") for key in _keys(arrays, "landmarks_", "_face_ids")},
        masks={key: arrays[f"mask_{key}"] for key in _keys(arrays, "mask_", "")},
        **fields,
    )


def arrays_from_head(head: HeadData) -> dict[str, np.ndarray]:
    """Arrays to keep a head in: names of fields, `mask_<name>`, `landmarks_<name>_...` and `contour_...`."""
    arrays = {key: value for key in _FIELDS if (value := getattr(head, key)) is not None}
    arrays |= {key: np.array(arrays[key], str) for key in _TEXTS}
    arrays |= {f"mask_{key}": mask for key, mask in head.masks.items()}
    parts = {f"landmarks_{key}": points for key, points in head.landmarks.items()} | {"contour": head.contour}
    for key, points in parts.items():
        for field in dataclasses.fields(points) if points else ():
            if (value := getattr(points, field.name)) is not None:
                arrays[f"{key}_{field.name}"] = value
    return {"name": np.array(head.name), **arrays}


def single(array: np.ndarray) -> np.ndarray:
    """The array as `HeadData` wants it: floats in single precision, in one piece."""
    return np.ascontiguousarray(array, np.float32) if array.dtype.kind == "f" else np.ascontiguousarray(array)


def _keys(arrays: Mapping[str, Any], prefix: str, suffix: str) -> list[str]:
    found = (key for key in arrays if key.startswith(prefix) and key.endswith(suffix))
    return [key.removeprefix(prefix).removesuffix(suffix) for key in found]


def _landmarks(arrays: Mapping[str, Any], key: str) -> LandmarkEmbedding:
    indices = arrays.get(f"{key}_indices")
    return LandmarkEmbedding(*_points(arrays, key), None if indices is None else indices.astype(np.int32))


def _points(arrays: Mapping[str, Any], key: str) -> tuple[np.ndarray, np.ndarray]:
    return arrays[f"{key}_face_ids"].astype(np.int32), single(arrays[f"{key}_barycentrics"])
