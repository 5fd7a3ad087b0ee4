"""Assemble BFM's front from the files of its makers, as the code of Deep3DFaceRecon does.

The Basel Face Model of 2009 (Paysan et al.) has shape and colours of 53,490 vertices; Guo et al. (CoarseData) add
expressions for 53,215 of them; Deng et al. (CVPRW 2019) say which 35,709 of these are the front, and its triangles.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from manyfaces.core.errors import HeadFileError
from manyfaces.io.bfm_parts import AGAIN, N_EXPRESSION, N_IDENTITY, N_TEXTURE, RELEASE, BfmArrays, BfmMat, Front

MODEL, EXPRESSIONS, DEVIATIONS = "01_MorphableModel.mat", "Exp_Pca.bin", "std_exp.txt"
EXPRESSION_INDICES, FRONT_INDICES, INFO = "BFM_exp_idx.mat", "BFM_front_idx.mat", "facemodel_info.mat"
FILES = (MODEL, EXPRESSIONS, DEVIATIONS, EXPRESSION_INDICES, FRONT_INDICES, INFO)

UM_PER_DM = 1e5
_SHAPE = ("shapeMU", "shapePC", "shapeEV")
_TEXTURE = ("texMU", "texPC", "texEV")


def assemble(folder: Path) -> BfmArrays:
    """Cut the front out of the published files.

    Args:
        folder: holds `FILES`; whatever else it holds is left alone.

    Raises:
        HeadFileError: a file is missing, damaged, of another shape, or does not fit the others.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise HeadFileError(f"{folder} holds no {', '.join(missing)}", "docs/bfm.md says where each file is found")
    model = BfmMat(folder / MODEL, (*_SHAPE, *_TEXTURE))
    n_model = len(model.points("shapeMU"))
    in_model = BfmMat(folder / EXPRESSION_INDICES, ("trimIndex",)).indices("trimIndex", n_model)
    in_expressions = BfmMat(folder / FRONT_INDICES, ("idx",)).indices("idx", len(in_model))
    kept = in_model[in_expressions]
    mean, identity = _space(model, _SHAPE, N_IDENTITY, kept, n_model)
    mean_texture, texture = _space(model, _TEXTURE, N_TEXTURE, kept, n_model)
    return BfmArrays(
        mean_dm=mean / UM_PER_DM,
        identity_dm=identity / UM_PER_DM,
        expression_dm=_expressions(folder, in_expressions, len(in_model)) / UM_PER_DM,
        mean_texture=mean_texture,
        texture=texture,
        front=Front.read(BfmMat(folder / INFO, Front.KEYS), len(kept)),
    )


def _space(
    model: BfmMat, keys: Sequence[str], n_components: int, kept: Int[np.ndarray, " V"], n_model: int
) -> tuple[Float[np.ndarray, "V 3"], Float[np.ndarray, "K V 3"]]:
    """Mean and directions of one standard deviation, at the vertices that are kept."""
    mean, directions, deviations = keys
    lengths = model.deviations(deviations, n_components)
    return model.points(mean, n_model)[kept], _times(model.basis(directions, n_components, n_model, kept), lengths)


def _expressions(folder: Path, kept: Int[np.ndarray, " V"], n_vertices: int) -> Float[np.ndarray, "E V 3"]:
    """Directions of one standard deviation, micrometres; the mean in the file is not used, as in the published code."""
    path = folder / EXPRESSIONS
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise HeadFileError(f"cannot read {path}: {error.strerror or error}") from None
    n_components = int.from_bytes(raw[:4], "little", signed=True)
    wanted = 4 + 12 * n_vertices * (1 + n_components)
    if n_components < N_EXPRESSION or len(raw) != wanted:
        raise HeadFileError(
            f"{path} is truncated or of another model: {len(raw)} bytes, where {n_components} components (at least "
            f"{N_EXPRESSION}) of {n_vertices} vertices take {wanted}",
            AGAIN,
        )
    numbers = np.frombuffer(raw, "<f4", offset=4).reshape(1 + n_components, n_vertices, 3)
    directions = numbers[1 : 1 + N_EXPRESSION, kept].astype(np.float64)
    if not np.isfinite(directions).all():
        raise HeadFileError(f"{path} holds numbers that are not finite", AGAIN)
    return _times(directions, _deviations(folder / DEVIATIONS, n_components)[:N_EXPRESSION])


def _deviations(path: Path, n_components: int) -> Float[np.ndarray, " E"]:
    try:
        values = np.array([float(word) for word in path.read_text(encoding="ascii").split()])
    except (OSError, ValueError) as error:
        raise HeadFileError(f"{path} is no list of numbers: {error}", AGAIN) from None
    if len(values) != n_components or not np.isfinite(values).all():
        raise HeadFileError(
            f"{path} holds {len(values)} numbers, not one finite one for each of the {n_components} components of "
            f"{EXPRESSIONS}",
            RELEASE,
        )
    return values


def _times(directions: Float[np.ndarray, "K V 3"], lengths: Float[np.ndarray, " K"]) -> Float[np.ndarray, "K V 3"]:
    return directions * lengths[:, None, None]
