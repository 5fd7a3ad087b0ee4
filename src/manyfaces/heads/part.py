"""Parts of heads: as many vertices as are needed, and no more."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Int

from manyfaces.core.errors import HeadFileError
from manyfaces.heads.data import HeadData
from manyfaces.heads.landmarks import LandmarkEmbedding


def landmark_part(data: HeadData, name: str = "68") -> HeadData:
    """The triangles that named landmarks lie on: a head whose landmarks are those of the whole, at a fiftieth the cost.

    Args:
        data: the whole head.
        name: of its landmarks.
    """
    points = data.landmarks[name]
    corners = data.faces[points.face_ids]
    on_own = LandmarkEmbedding(np.arange(len(corners), dtype=np.int32), points.barycentrics, points.indices)
    return _cut(data, corners, {name: on_own})


def face_part(data: HeadData, keep: Bool[np.ndarray, "F"]) -> HeadData:
    """Some of the triangles, with the landmarks that lie on them; without texture points and contour.

    Args:
        data: the whole head.
        keep: which triangles stay.

    Raises:
        HeadFileError: none would stay.
    """
    if not keep.any():
        raise HeadFileError(f"no triangle of head {data.name!r} is kept", "keep at least one")
    place = np.cumsum(keep) - 1
    landmarks = {
        name: replace(points, face_ids=place[points.face_ids].astype(np.int32))
        for name, points in data.landmarks.items()
        if keep[points.face_ids].all()
    }
    return _cut(data, data.faces[keep], landmarks)


def _cut(data: HeadData, corners: Int[np.ndarray, "F2 3"], landmarks: dict[str, LandmarkEmbedding]) -> HeadData:
    kept, faces = np.unique(corners, return_inverse=True)
    return replace(
        data,
        template=data.template[kept],
        identity_basis=data.identity_basis[:, kept],
        expression_basis=data.expression_basis[:, kept],
        unit_shapes=data.unit_shapes[:, kept],
        faces=faces.reshape(-1, 3).astype(np.int32),
        skinning_weights=data.skinning_weights[kept],
        pose_correctives=data.pose_correctives[:, kept],
        uv=np.zeros((0, 2), np.float32),
        uv_faces=np.zeros((0, 3), np.int32),
        landmarks=landmarks,
        masks={region: mask[kept] for region, mask in data.masks.items()},
        albedo=None if data.albedo is None else data.albedo[kept],
        albedo_basis=None if data.albedo_basis is None else data.albedo_basis[:, kept],
        contour=None,
    )
