"""Read FLAME head models: the model's file, and whatever else of FLAME is given with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from manyfaces.core.errors import ChoiceError, HeadFileError
from manyfaces.heads import HeadData
from manyfaces.io.array_files import read_arrays
from manyfaces.io.flame_parts import BULKY, with_derived, with_part
from manyfaces.io.head_layout import single


@dataclass(frozen=True)
class FlameVersion:
    """One of the published FLAME models; all have the same arrays, so a file's name must tell them apart.

    Attributes:
        name: what `load_head` is asked for.
        title: what its makers call it.
        file_name: under which it is published.
        asset: what `manyfaces assets fetch` is asked for.
    """

    name: str
    title: str
    file_name: str
    asset: str

    @property
    def how_to_get(self) -> str:
        """What to do to have it, one line."""
        return (
            f"with an account at FLAME's site get {self.title}: manyfaces assets fetch {self.asset}; "
            f"then: manyfaces assets import flame {self.file_name} --name {self.name}"
        )


FLAME_VERSIONS: dict[str, FlameVersion] = {
    version.name: version
    for version in (
        FlameVersion("flame20", "FLAME 2020", "generic_model.pkl", "flame2020"),
        FlameVersion("flame23", "FLAME 2023", "flame2023.pkl", "flame2023"),
        FlameVersion("flame23-no-jaw", "FLAME 2023 without jaw", "flame2023_no_jaw.pkl", "flame2023"),
        FlameVersion("flame23-open", "FLAME 2023 Open", "flame2023_Open.pkl", "flame2023-open"),
    )
}

_IDENTITY = 300  # every version keeps identity in the first 300 shape directions, expression after them
_JOINTS = ("root", "neck", "jaw", "left_eye", "right_eye")
_PARENTS = [-1, 0, 1, 1, 1]
_KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "f", "kintree_table")


def read_flame(paths: Sequence[Path], name: str | None = None) -> HeadData:
    """Read a FLAME model.

    Args:
        paths: the model's .pkl or .npz, and any of the files that belong to it, told apart by what they hold: landmark
            embeddings, masks, a texture space; see docs/flame.md.
        name: which version it is, a name of `FLAME_VERSIONS`; told from the file's name when None.

    Returns:
        The head; called as its file is where the version is not told and cannot be seen.

    Raises:
        HeadFileError: a file is missing, damaged, nothing of FLAME or does not fit the model; there is no model among
            them, or more than one.
        ChoiceError: there is no version of that name.
    """
    if name is not None and name not in FLAME_VERSIONS:
        raise ChoiceError("FLAME version", name, list(FLAME_VERSIONS))
    return flame_from_files({path: read_arrays(path, leave_out=BULKY) for path in paths}, name)


def flame_from_files(files: Mapping[Path, Mapping[str, Any]], name: str | None = None) -> HeadData:
    """What `read_flame` does, once the files are read.

    Raises:
        HeadFileError: see `read_flame`.
    """
    models = [path for path, arrays in files.items() if "v_template" in arrays]
    if len(models) != 1:
        given = ", ".join(path.name for path in files) or "no files"
        raise HeadFileError(
            f"one FLAME model is needed, {len(models)} are among {given}",
            "give one such as generic_model.pkl, and with it what belongs to it",
        )
    model = models[0]
    head = _model(name or flame_version(model) or model.stem, model.name, files[model])
    # Files with texture points first: a map without them needs those of another file.
    for path in sorted(files.keys() - {model}, key=lambda path: ("vt" not in files[path], str(path))):
        head = with_part(head, files[path], path.name)
    return with_derived(head)


def flame_version(path: Path) -> str | None:
    """Tell the version from the name of the model's file, or of the folder it lies in."""
    folder = path.absolute().parent.name
    for said in (path.stem, folder):
        letters = re.sub(r"[^a-z0-9]", "", said.lower())
        if re.search(r"2023|flame23(?!\d)", letters):
            return "flame23-open" if "open" in letters else "flame23-no-jaw" if "nojaw" in letters else "flame23"
        if re.search(r"2020|flame20(?!\d)", letters):
            return "flame20"
    # FLAME 2017 and 2019 were published under the same name.
    return "flame20" if path.stem == "generic_model" and not re.search("2017|2019", folder) else None


def _model(name: str, what: str, arrays: Mapping[str, Any]) -> HeadData:
    missing = [key for key in _KEYS if key not in arrays]
    if missing:
        raise HeadFileError(f"{what} is no FLAME model: it lacks {', '.join(missing)}", "download it again")
    try:
        return _head(name, {key: arrays[key] for key in _KEYS})
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise HeadFileError(f"the arrays of {what} do not fit a FLAME model: {error}", "download it again") from None
    except HeadFileError as error:
        raise HeadFileError(f"{what} cannot be used: {error.message}", error.fix or "download it again") from None


def _head(name: str, arrays: Mapping[str, Any]) -> HeadData:
    template = np.asarray(arrays["v_template"], np.float64)
    directions = np.moveaxis(np.asarray(arrays["shapedirs"], np.float64), -1, 0)
    regressor = arrays["J_regressor"]
    regressor = regressor.toarray() if sp.issparse(regressor) else np.asarray(regressor, np.float64)
    table = np.asarray(arrays["kintree_table"])
    parents = [-1, *(int(parent) for parent in table[0, 1:])]  # the root's parent is written as 2**32 - 1
    if parents != _PARENTS:
        raise HeadFileError(f"its joints have the parents {parents}, not FLAME's {_PARENTS}")
    if directions.shape[1:] != template.shape or regressor.shape != (len(parents), len(template)):
        raise ValueError(f"shapedirs {directions.shape}, J_regressor {regressor.shape}, v_template {template.shape}")
    joints = np.einsum("jv,svc->sjc", regressor, directions)
    identity, expression = slice(None, _IDENTITY), slice(_IDENTITY, None)
    return HeadData(
        name=name,
        template=single(template),
        identity_basis=single(directions[identity]),
        expression_basis=single(directions[expression]),
        unit_names=(),
        unit_shapes=np.zeros((0, *template.shape), np.float32),
        faces=np.asarray(arrays["f"]).astype(np.int32),
        joint_names=_JOINTS,
        joint_parents=np.array(parents, np.int32),
        joint_template=single(regressor @ template),
        joint_identity_basis=single(joints[identity]),
        skinning_weights=single(np.asarray(arrays["weights"])),
        pose_correctives=single(np.moveaxis(np.asarray(arrays["posedirs"]), -1, 0)),
        uv=np.zeros((0, 2), np.float32),
        uv_faces=np.zeros((0, 3), np.int32),
        joint_expression_basis=single(joints[expression]),
    )
