"""Read the Basel Face Model of 2009, cut and scaled as R-Net uses it (Deng et al., CVPRW 2019)."""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from manyfaces.core.errors import HeadFileError
from manyfaces.heads import HeadData, LandmarkEmbedding
from manyfaces.io.bfm_assembly import assemble
from manyfaces.io.bfm_parts import N_EXPRESSION, N_IDENTITY, N_TEXTURE, BfmArrays, BfmMat, Front
from manyfaces.io.head_layout import single

BFM = "bfm"
"""Name of the head once it was imported."""

READY = "BFM_model_front.mat"
"""The file that the published code assembles, once, from those of the makers."""

HOW_TO_GET_BFM = "get BFM 2009 as docs/bfm.md says, then: manyfaces assets import bfm FOLDER"

M_PER_DM = 0.1


def read_bfm(path: Path) -> HeadData:
    """Read BFM: 80 identity, 64 expression and 80 colour components of the face's front.

    It has one joint, the root, at its origin; the origin is the mean of the mean face's vertices.

    Args:
        path: a `BFM_model_front.mat` under any name, or the folder that holds one, or the files that it is made of
            (`bfm_assembly.FILES`).

    Raises:
        HeadFileError: a file is missing, damaged, of another shape, or does not fit the others.
    """
    if path.is_dir():
        return head_from_bfm(_ready(path / READY) if (path / READY).is_file() else assemble(path))
    if not path.is_file():
        raise HeadFileError(f"{path} does not exist", HOW_TO_GET_BFM)
    return head_from_bfm(_ready(path))


def head_from_bfm(bfm: BfmArrays) -> HeadData:
    """The head in our units: metres, and colours from 0 to 1."""
    template = (bfm.mean_dm - bfm.mean_dm.mean(0)) * M_PER_DM
    n_vertices = len(template)
    faces = _outward(template, bfm.front.faces)
    return HeadData(
        name=BFM,
        template=single(template),
        identity_basis=single(bfm.identity_dm * M_PER_DM),
        expression_basis=single(bfm.expression_dm * M_PER_DM),
        unit_names=(),
        unit_shapes=np.zeros((0, n_vertices, 3), np.float32),
        faces=faces,
        joint_names=("root",),
        joint_parents=np.array([-1], np.int32),
        joint_template=np.zeros((1, 3), np.float32),
        joint_identity_basis=np.zeros((len(bfm.identity_dm), 1, 3), np.float32),
        skinning_weights=np.ones((n_vertices, 1), np.float32),
        pose_correctives=np.zeros((0, n_vertices, 3), np.float32),
        uv=np.zeros((0, 2), np.float32),
        uv_faces=np.zeros((0, 3), np.int32),
        landmarks={"68": _at_vertices(bfm.front.keypoints, faces)},
        masks={"front": bfm.front.compared, "skin": bfm.front.skin},
        albedo=single(bfm.mean_texture / 255),
        albedo_basis=single(bfm.texture / 255),
    )


def _ready(path: Path) -> BfmArrays:
    mat = BfmMat(path, ("meanshape", "meantex", "idBase", "exBase", "texBase", *Front.KEYS))
    mean = mat.points("meanshape")
    n_vertices = len(mean)
    return BfmArrays(
        mean_dm=mean,
        identity_dm=mat.basis("idBase", N_IDENTITY, n_vertices),
        expression_dm=mat.basis("exBase", N_EXPRESSION, n_vertices),
        mean_texture=mat.points("meantex", n_vertices),
        texture=mat.basis("texBase", N_TEXTURE, n_vertices),
        front=Front.read(mat, n_vertices),
    )


def _outward(template: Float[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"]) -> Int[np.ndarray, "F 3"]:
    """Triangles counter-clockwise from outside: a front looks along z on the whole, whatever the order in the file."""
    first, second, third = (template[faces[:, corner]] for corner in range(3))
    ahead = np.cross(first - second, second - third)[:, 2].sum()  # the published order of the sides
    return np.ascontiguousarray(faces if ahead >= 0 else faces[:, ::-1])


def _at_vertices(vertices: Int[np.ndarray, " L"], faces: Int[np.ndarray, "F 3"]) -> LandmarkEmbedding:
    """Landmarks that are vertices: all weight on one corner of the first triangle that has it."""
    known, places = np.unique(faces, return_index=True)
    face_ids, corners = np.divmod(places[np.searchsorted(known, vertices)], 3)
    return LandmarkEmbedding(face_ids.astype(np.int32), np.eye(3, dtype=np.float32)[corners])
