"""A reconstruction as files: what `Reconstruction.save` writes, and the folders of many photos."""

import dataclasses
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

import manyfaces
from manyfaces.geometry.mesh import vertex_normals
from manyfaces.io.bundles import write_bundle
from manyfaces.io.gltf import MorphTarget, glb_bytes
from manyfaces.io.mesh_files import obj_text, ply_bytes
from manyfaces.io.report_files import REPORT_NAME, report_text
from manyfaces.pipeline.detailed_mesh import detailed_mesh
from manyfaces.pipeline.overview import draw_overview
from manyfaces.pipeline.result import Appearance, Reconstruction

RESULT_FILES = ("faces.glb", "faces.npz", "best.obj", "best.ply", "overview.png", REPORT_NAME)


def save_reconstruction(result: Reconstruction, folder: Path, run: Mapping[str, Any] | None = None) -> Path:
    """Write all files of one face; see `Reconstruction.save`."""
    files = {
        **_mesh_files(result),
        **_detail_files(result),
        "faces.npz": _npz_bytes(npz_arrays(result)),
        "overview.png": _png_bytes(draw_overview(result)),
    }
    report = {**describe(result), "files": sorted(files), "run": dict(run or {})}
    write_bundle(folder, {**files, REPORT_NAME: report_text({**report, "complete": True}).encode()})
    return folder


def save_photo(results: Sequence[Reconstruction], folder: Path, run: Mapping[str, Any] | None = None) -> Path:
    """Write all faces of one photo.

    One face lies in `folder` itself. Several lie in `folder/face_0`, `face_1`, ... in the order given, and a
    `report.json` in `folder`, written last, lists them.

    Raises:
        OutputError: something cannot be written; there is then no complete report in `folder` from this call.
    """
    if len(results) == 1:
        return save_reconstruction(results[0], folder, run)
    names = [f"face_{k}" for k in range(len(results))]
    for name, result in zip(names, results, strict=True):
        save_reconstruction(result, folder / name, run)
    report = {"faces": names, "run": dict(run or {}), "complete": True}
    write_bundle(folder, {REPORT_NAME: report_text(report).encode()})
    return folder


def hypothesis_names(result: Reconstruction) -> list[str]:
    """The names that the hypotheses carry in files: rank from 1, and the rank of the identity."""
    return [f"face {k + 1:02d} identity {int(i) + 1}" for k, i in enumerate(result.identity_rank)]


def npz_arrays(result: Reconstruction) -> dict[str, np.ndarray]:
    """The arrays of `faces.npz`: float32 and int32, N identities, M hypotheses, V vertices, F faces.

    `vertices` (M, V, 3) metres; `faces` (F, 3); `identities` (N, S) as sampled; `order` (N,) rows of them, best first;
    `scores` (N,) by row; `identity_index` (M,) the row of each hypothesis; `expressions` (M, E); `jaw` (M, 3) radians;
    `disagreement_mm` (V,); `points_px` (468, 2); `visible` (468,) bool; `face_box_px` (4,); `camera_rotation` (M, 3, 3)
    camera_from_head; and either `camera_focal_px` (M,), `camera_centre_px` (M, 2), `camera_translation` (M, 3) metres,
    of perspective cameras, or `camera_scale_px` (M,) pixels per metre and `camera_translation_px` (M, 2), of
    orthographic ones.

    Models that predict colours add, for each hypothesis: `albedo` (M, V, 3) vertex colours without light and `colours`
    (M, V, 3) in the photo's light, both sRGB from 0 to 1; `light` (M, 3, 9), red, green, blue by the nine functions of
    `deng_harmonics`, without the usual white light; `angles` (M, 3) pitch, yaw, roll in radians and `translation`
    (M, 3) in decimetres, of the face in R-Net's frame; `albedo_coefficients` (M, T); and `coefficients` (M, K), all
    that was predicted, in R-Net's order. Models that predict detail add `displacement_m` (S, S), outward along the
    normals, and `tension` (S, S), on the face's part of the texture map.
    """
    arrays: dict[str, Any] = {
        name: getattr(result, name)
        for name in ("vertices", "identities", "order", "scores", "identity_index", "expressions", "jaw")
    }
    arrays["faces"] = result.head.faces
    arrays["disagreement_mm"] = result.disagreement_mm
    arrays["points_px"], arrays["visible"], arrays["face_box_px"] = result.points_px, result.visible, result.face_box
    for field in dataclasses.fields(result.cameras):
        arrays[f"camera_{field.name}"] = getattr(result.cameras, field.name)
    if result.appearance is not None:
        arrays |= _appearance_arrays(result.appearance)
    if result.detail is not None:
        arrays |= {"displacement_m": result.detail.displacement_m, "tension": result.detail.view.tension[0]}
    return {name: _compact(values) for name, values in arrays.items()}


def _appearance_arrays(appearance: Appearance) -> dict[str, Tensor]:
    predicted = appearance.coefficients
    return {
        "albedo": appearance.albedo,
        "colours": appearance.colours,
        "light": predicted.light,
        "angles": predicted.angles,
        "translation": predicted.translation,
        "albedo_coefficients": predicted.albedo,
        "coefficients": predicted.joined(),
    }


def describe(result: Reconstruction) -> dict[str, Any]:
    """The report of one face, as plain values."""
    disagreement = _array(result.disagreement_mm)
    front = _array(result.front)
    height, width = result.photo.shape[:2]
    hypotheses = [
        {
            "name": name,
            "identity_rank": int(result.identity_rank[k]) + 1,
            "identity_index": int(result.identity_index[k]),
            "score": float(result.scores[result.identity_index[k]]),
            "distance_to_best_mm": round(float(result.distance_to_best_mm[k]), 3),
        }
        for k, name in enumerate(hypothesis_names(result))
    ]
    described = {
        "manyfaces": manyfaces.__version__,
        "model": result.model,
        "head": result.head.data.name,
        "seed": result.seed,
        "photo": {"name": result.source, "width": width, "height": height},
        "face_box_px": np.round(result.face_box.astype(float), 1),
        "points": {"visible": int(result.visible.sum()), "of": len(result.visible)},
        "n_identities": result.n_identities,
        "n_hypotheses": len(result),
        "front_disagreement_mm": {
            "mean": round(float(disagreement[front].mean()), 3),
            "max": round(float(disagreement[front].max()), 3),
        },
        "hypotheses": hypotheses,
        "timings_s": {name: round(float(seconds), 4) for name, seconds in result.timings.items()},
    }
    if result.appearance is not None:
        angles = _array(result.appearance.coefficients.angles.rad2deg())[0]
        described["angles_deg"] = dict(zip(("pitch", "yaw", "roll"), np.round(angles.astype(float), 2), strict=True))
    return described


def _mesh_files(result: Reconstruction) -> dict[str, bytes]:
    data, vertices = result.head.data, _array(result.vertices)
    normals = _array(vertex_normals(result.vertices, result.head.faces))
    names = hypothesis_names(result)
    targets = [MorphTarget(*target) for target in zip(names, vertices, normals, strict=True)]
    extras = {"model": result.model, "head": data.name, "seed": result.seed, "photo": result.source}
    best, albedo = vertices[0], None if result.albedo is None else _array(result.albedo)
    uv, uv_faces = (data.uv, data.uv_faces) if len(data.uv_faces) else (None, None)
    return {
        "faces.glb": glb_bytes(best, normals[0], data.faces, targets, albedo, "face", extras),
        "best.obj": obj_text(best, data.faces, uv, uv_faces, albedo).encode(),
        "best.ply": ply_bytes(best, data.faces, albedo, normals[0]),
    }


def _detail_files(result: Reconstruction) -> dict[str, bytes]:
    """Of models that predict detail: the head with its wrinkles, and their normals on the texture map."""
    detail = result.detail
    if detail is None:
        return {}
    mesh = detailed_mesh(result.vertices[:1], result.albedo, detail.displacement_m, detail.grid)
    normals = detail.grid.to_map(mesh.normals[:, result.head.n_vertices :])[0]
    vertices, colours, directions = (_array(v[0]) for v in (mesh.vertices, mesh.albedo.clamp(0, 1), mesh.normals))
    return {
        "detailed.ply": ply_bytes(vertices, _array(mesh.faces), colours, directions),
        "normal_map.png": _png_bytes(np.rint((_array(normals) / 2 + 0.5) * 255).astype(np.uint8)),
    }


def _npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # pyright: ignore[reportArgumentType]
    return stream.getvalue()


def _png_bytes(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    # Level 2 is three times as fast as the default 6, for a file a tenth larger.
    Image.fromarray(image).save(stream, format="PNG", compress_level=2)
    return stream.getvalue()


def _array(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy()


def _compact(values: Tensor | np.ndarray) -> np.ndarray:
    array = _array(values) if isinstance(values, Tensor) else values
    kinds = {"f": np.float32, "i": np.int32, "u": np.int32}
    return array.astype(kinds.get(array.dtype.kind, array.dtype))
