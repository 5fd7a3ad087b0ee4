"""What belongs to a FLAME model, told apart by what a file holds: landmarks, masks, texture points."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from manyfaces.core.errors import HeadFileError
from manyfaces.heads import ContourEmbedding, HeadData, LandmarkEmbedding, vertex_colours
from manyfaces.io.array_files import LONE
from manyfaces.io.texture_files import BULKY, mean_map
from manyfaces.render.colour import srgb_from_linear

__all__ = ["BULKY", "with_derived", "with_part"]

Arrays = Mapping[str, Any]


def with_part(head: HeadData, arrays: Arrays, what: str) -> HeadData:
    """Add what a file holds to a head.

    Args:
        head: to add to.
        arrays: of the file.
        what: its name, for messages.

    Raises:
        HeadFileError: the file holds nothing of FLAME, is damaged, or belongs to another mesh.
    """
    try:
        return _reader(arrays)(head, arrays)
    except (ValueError, TypeError, IndexError, AttributeError, KeyError, OverflowError, RuntimeError) as error:
        raise HeadFileError(f"{what} cannot be used: {error}", "take the file that FLAME's makers publish") from None
    except HeadFileError as error:
        fix = error.fix or "take the file that FLAME's makers publish"
        raise HeadFileError(f"{what} cannot be used: {error.message}", fix) from None


def with_derived(head: HeadData) -> HeadData:
    """Add what follows from the parts that are there.

    "68" from "51" and the jaw line seen from the front, where no file holds all 68; mask "front" from "face".
    """
    landmarks, masks = dict(head.landmarks), dict(head.masks)
    if "68" not in landmarks and "51" in landmarks and head.contour is not None:
        both = head.contour.ahead(), landmarks["51"]
        landmarks["68"] = LandmarkEmbedding(
            np.concatenate([points.face_ids for points in both]),
            np.concatenate([points.barycentrics for points in both]),
        )
    if "51" not in landmarks and "68" in landmarks:
        whole = landmarks["68"]
        landmarks["51"] = LandmarkEmbedding(whole.face_ids[17:], whole.barycentrics[17:])
    if "face" in masks:
        masks.setdefault("front", masks["face"])
    return replace(head, landmarks=landmarks, masks=masks)


def _reader(arrays: Arrays) -> Any:
    if "static_lmk_faces_idx" in arrays:
        return _embeddings
    if "landmark_indices" in arrays:
        return _mediapipe
    if "lmk_face_idx" in arrays:
        return _contour if np.ndim(arrays["lmk_face_idx"]) == 2 else _static
    if "mean" in arrays or "MU" in arrays:
        return _texture
    if set(arrays) == {LONE}:
        return _front
    if arrays and all(np.ndim(value) == 1 for value in arrays.values()):
        return _masks
    raise HeadFileError(f"it holds {', '.join(sorted(arrays)[:5]) or 'nothing'}, which is no part of FLAME known here")


def _embeddings(head: HeadData, arrays: Arrays) -> HeadData:
    """`landmark_embedding.npy` of DECA, EMOCA and MICA: the inner 51, the moving jaw line, and all 68 at rest."""
    found = {
        "51": _points(arrays["static_lmk_faces_idx"], arrays["static_lmk_bary_coords"], 51),
        "68": _points(arrays["full_lmk_faces_idx"], arrays["full_lmk_bary_coords"], 68),
    }
    contour = _turns(arrays["dynamic_lmk_faces_idx"], arrays["dynamic_lmk_bary_coords"])
    return replace(head, landmarks=head.landmarks | found, contour=contour)


def _static(head: HeadData, arrays: Arrays) -> HeadData:
    """`flame_static_embedding.pkl`: the inner 51, or all 68."""
    n_points = np.size(arrays["lmk_face_idx"])
    if n_points not in (51, 68):
        raise HeadFileError(f"it holds {n_points} landmarks; 51, 68 or, with landmark_indices, 105 are known")
    points = _points(arrays["lmk_face_idx"], arrays["lmk_b_coords"], n_points)
    return replace(head, landmarks=head.landmarks | {str(n_points): points})


def _contour(head: HeadData, arrays: Arrays) -> HeadData:
    """`flame_dynamic_embedding.npy`: the jaw line for each turn of the head."""
    return replace(head, contour=_turns(arrays["lmk_face_idx"], arrays["lmk_b_coords"]))


def _mediapipe(head: HeadData, arrays: Arrays) -> HeadData:
    """`mediapipe_landmark_embedding.npz`: 105 of FaceMesh's points."""
    indices = _whole(arrays["landmark_indices"]).ravel()
    if len(set(indices.tolist())) != len(indices) or indices.max(initial=0) >= 468:
        raise HeadFileError("its landmark_indices are not distinct numbers below 468")
    points = replace(_points(arrays["lmk_face_idx"], arrays["lmk_b_coords"], 105), indices=indices)
    return replace(head, landmarks=head.landmarks | {"mediapipe105": points})


def _masks(head: HeadData, arrays: Arrays) -> HeadData:
    """`FLAME_masks.pkl`: vertices of each region."""
    return replace(head, masks=head.masks | {key: _mask(head, ids) for key, ids in arrays.items()})


def _front(head: HeadData, arrays: Arrays) -> HeadData:
    """A lone list of vertices: the front of the face, as the ranker of OFER looks at it."""
    return replace(head, masks=head.masks | {"front": _mask(head, arrays[LONE])})


def _texture(head: HeadData, arrays: Arrays) -> HeadData:
    """A texture space: where the vertices lie on the map, and their mean colours."""
    if "vt" in arrays:
        head = replace(head, uv=np.asarray(arrays["vt"], np.float32), uv_faces=_whole(arrays["ft"]))
    if head.uv_faces.shape != head.faces.shape:
        if "vt" in arrays:
            raise HeadFileError(f"it has {len(head.uv_faces)} triangles, the model {len(head.faces)}")
        raise HeadFileError("it holds no texture points", "give FLAME_texture.npz too, which does")
    space = mean_map(arrays)
    texture = srgb_from_linear(space.mean) if space.linear else space.mean.clamp(0, 1)
    uv, uv_faces, faces = (torch.as_tensor(array) for array in (head.uv, head.uv_faces, head.faces))
    return replace(head, albedo=vertex_colours(texture, uv, uv_faces, faces).numpy())


def _points(face_ids: Any, barycentrics: Any, n_points: int) -> LandmarkEmbedding:
    ids = _whole(face_ids).reshape(-1)
    if len(ids) != n_points:
        raise HeadFileError(f"it holds {len(ids)} landmarks, not {n_points}")
    return LandmarkEmbedding(ids, np.asarray(barycentrics, np.float32).reshape(n_points, 3))


def _turns(face_ids: Any, barycentrics: Any) -> ContourEmbedding:
    return ContourEmbedding(_whole(face_ids), np.asarray(barycentrics, np.float32))


def _mask(head: HeadData, vertex_ids: Any) -> np.ndarray:
    ids, n_vertices = _whole(vertex_ids), len(head.template)
    if ids.ndim != 1 or ids.min(initial=0) < 0 or ids.max(initial=-1) >= n_vertices:
        raise HeadFileError(f"it names vertices that are not among the model's {n_vertices}")
    mask = np.zeros(n_vertices, bool)
    mask[ids] = True
    return mask


def _whole(numbers: Any) -> np.ndarray:
    array = np.asarray(numbers)
    if array.dtype.kind not in "iuf" or not np.array_equal(array, np.round(array)):
        raise HeadFileError("it holds other things than whole numbers where ids belong")
    return array.astype(np.int32)
