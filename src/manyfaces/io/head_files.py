"""Read head models: the packaged open head, files of its kind, FLAME's pkl and npz."""

import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from manyfaces.core.errors import HeadFileError
from manyfaces.heads.data import HeadData, LandmarkEmbedding
from manyfaces.io.restricted_pickle import load_arrays

PACKAGED_HEADS = ("openhead",)
_FLAME_IDENTITY = 300  # FLAME 2020 and 2023 keep identity in the first 300 shape directions, expression after them
_FLAME_JOINTS = ("root", "neck", "jaw", "left_eye", "right_eye")
_FLAME_PARENTS = [-1, 0, 1, 1, 1]
_FLAME_KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "f", "kintree_table")


def load_head(name_or_path: str | Path) -> HeadData:
    """Read a head model.

    Args:
        name_or_path: "openhead", an npz file of the same layout, or a FLAME 2020 / 2023 / 2023 Open .pkl or .npz.

    Returns:
        Its arrays: float32 and int32, metres.

    Raises:
        HeadFileError: there is no such file, it is damaged, it is no head model, or it holds anything but arrays.
    """
    if str(name_or_path) in PACKAGED_HEADS:
        path = Path(str(resources.files("manyfaces.assets"))) / "files" / f"{name_or_path}.npz"
    else:
        path = Path(name_or_path)
    if not path.is_file():
        what = "is a folder, not a head file" if path.is_dir() else "does not exist"
        raise HeadFileError(f"head model {path} {what}", f"packaged heads: {', '.join(PACKAGED_HEADS)}")
    try:
        raw = path.read_bytes() if path.suffix != ".npz" else b""
    except OSError as error:
        raise HeadFileError(f"cannot read {path}: {error.strerror}") from error
    if path.suffix == ".npz":
        arrays = _read_npz(path)
        return _flame(path.stem, arrays) if "v_template" in arrays else _open_head(path.stem, arrays)
    if path.suffix == ".pkl":
        return _flame(path.stem, load_arrays(raw, path.name))
    raise HeadFileError(f"head model {path.name} is neither .pkl nor .npz")


def _read_npz(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zipfile.LargeZipFile, AttributeError) as error:
        why = "it holds Python objects" if "allow_pickle" in str(error) else "it is damaged"
        raise HeadFileError(f"cannot read {path.name} as a head model: {why}", "download it again") from None


def _open_head(name: str, arrays: dict[str, Any]) -> HeadData:
    wanted = {
        *("template", "identity_basis", "expression_basis", "unit_names", "unit_shapes", "faces", "joint_names"),
        *("joint_parents", "joint_template", "joint_identity_basis", "skinning_weights", "pose_correctives"),
        *("uv", "uv_faces"),
    }
    optional = {"albedo", "expression_samples", "jaw_samples", "joint_expression_basis"}
    missing = sorted(wanted - set(arrays))
    if missing:
        raise HeadFileError(f"{name}.npz is no head model: it lacks {', '.join(missing)}")
    fields: dict[str, Any] = {key: _single(value) for key, value in arrays.items() if key in wanted | optional}
    for key in ("unit_names", "joint_names"):
        fields[key] = tuple(str(value) for value in fields[key])
    landmarks = {
        key: LandmarkEmbedding(
            arrays[f"landmarks_{key}_face_ids"].astype(np.int32), _single(arrays[f"landmarks_{key}_barycentrics"])
        )
        for key in ("68", "468")
        if f"landmarks_{key}_face_ids" in arrays
    }
    masks = {key.removeprefix("mask_"): value for key, value in arrays.items() if key.startswith("mask_")}
    return HeadData(name=name, landmarks=landmarks, masks=masks, **fields)


def _flame(name: str, arrays: dict[str, Any]) -> HeadData:
    missing = [key for key in _FLAME_KEYS if key not in arrays]
    if missing:
        raise HeadFileError(f"{name} is no FLAME model: it lacks {', '.join(missing)}")
    try:
        return _flame_data(name, {key: arrays[key] for key in _FLAME_KEYS})
    except (ValueError, TypeError, IndexError, AttributeError) as error:
        raise HeadFileError(f"the arrays of {name} do not fit a FLAME model: {error}") from None


def _flame_data(name: str, arrays: dict[str, Any]) -> HeadData:
    template = np.asarray(arrays["v_template"], np.float64)
    directions = np.moveaxis(np.asarray(arrays["shapedirs"], np.float64), -1, 0)
    regressor = arrays["J_regressor"]
    regressor = regressor.toarray() if sp.issparse(regressor) else np.asarray(regressor, np.float64)
    table = np.asarray(arrays["kintree_table"])
    parents = [-1, *(int(parent) for parent in table[0, 1:])]  # the root's parent is written as 2**32 - 1
    if parents != _FLAME_PARENTS:
        raise HeadFileError(f"{name} has joints with parents {parents}, not FLAME's {_FLAME_PARENTS}")
    if directions.shape[1:] != template.shape or regressor.shape != (len(parents), len(template)):
        raise ValueError(f"shapedirs {directions.shape}, J_regressor {regressor.shape}, v_template {template.shape}")
    joints = np.einsum("jv,svc->sjc", regressor, directions)
    identity, expression = slice(None, _FLAME_IDENTITY), slice(_FLAME_IDENTITY, None)
    empty = np.zeros((0, 3), np.int32)
    return HeadData(
        name=name,
        template=_single(template),
        identity_basis=_single(directions[identity]),
        expression_basis=_single(directions[expression]),
        unit_names=(),
        unit_shapes=np.zeros((0, *template.shape), np.float32),
        faces=np.asarray(arrays["f"]).astype(np.int32),
        joint_names=_FLAME_JOINTS,
        joint_parents=np.array(parents, np.int32),
        joint_template=_single(regressor @ template),
        joint_identity_basis=_single(joints[identity]),
        skinning_weights=_single(np.asarray(arrays["weights"])),
        pose_correctives=_single(np.moveaxis(np.asarray(arrays["posedirs"]), -1, 0)),
        uv=np.zeros((0, 2), np.float32),
        uv_faces=empty,
        joint_expression_basis=_single(joints[expression]),
    )


def _single(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32) if array.dtype.kind == "f" else np.ascontiguousarray(array)
