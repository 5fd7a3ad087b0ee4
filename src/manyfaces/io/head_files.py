"""Read head models: the packaged open head, our npz files, FLAME's pkl and npz."""

from importlib import resources
from pathlib import Path

import numpy as np

from manyfaces.core.errors import HeadFileError
from manyfaces.heads.data import HeadData, LandmarkEmbedding

PACKAGED = ("openhead",)


def load_head(name_or_path: str | Path) -> HeadData:
    """Read a head model by its packaged name ("openhead") or from a file."""
    if str(name_or_path) in PACKAGED:
        path = Path(str(resources.files("manyfaces.assets"))) / "files" / f"{name_or_path}.npz"
        return _open_head(str(name_or_path), path)
    raise HeadFileError(f"no head model {str(name_or_path)!r}")


def _open_head(name: str, path: Path) -> HeadData:
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    floats = {k: v.astype(np.float32) if v.dtype.kind == "f" else v for k, v in arrays.items()}
    landmarks = {
        key: LandmarkEmbedding(floats.pop(f"landmarks_{key}_face_ids"), floats.pop(f"landmarks_{key}_barycentrics"))
        for key in ("68", "468")
        if f"landmarks_{key}_face_ids" in floats
    }
    masks = {key.removeprefix("mask_"): floats.pop(key) for key in list(floats) if key.startswith("mask_")}
    names = {key: tuple(str(v) for v in floats.pop(key)) for key in ("unit_names", "joint_names")}
    return HeadData(name=name, landmarks=landmarks, masks=masks, **names, **floats)
