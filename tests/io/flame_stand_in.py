"""Files in FLAME's layouts with made-up numbers: FLAME itself is nobody's to pass on."""

import pickle
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch

N_VERTICES, N_FACES, N_UV = 40, 60, 46


def model_arrays(n_vertices: int = N_VERTICES, n_faces: int = N_FACES, n_shapes: int = 400, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    weights = np.abs(rng.normal(size=(n_vertices, 5)))
    regressor = np.maximum(rng.normal(size=(5, n_vertices)) - 1, 0)
    return {
        "v_template": 0.1 * rng.normal(size=(n_vertices, 3)),
        "shapedirs": 0.002 * rng.normal(size=(n_vertices, 3, n_shapes)),
        "posedirs": 0.002 * rng.normal(size=(n_vertices, 3, 36)),
        "J_regressor": sp.csc_matrix(regressor / regressor.sum(1, keepdims=True)),
        "weights": weights / weights.sum(1, keepdims=True),
        "f": np.sort(rng.integers(n_vertices, size=(n_faces, 3)), 1).astype(np.uint32),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
        "J": rng.normal(size=(5, 3)),
    }


def points(*shape: int, seed: int = 0, n_faces: int = N_FACES) -> tuple[np.ndarray, np.ndarray]:
    """Triangles and weights of so many points."""
    rng = np.random.default_rng(seed)
    weights = rng.random((*shape, 3))
    return rng.integers(n_faces, size=shape), weights / weights.sum(-1, keepdims=True)


def write_pickle(path: Path, content: object) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def write_model(folder: Path, name: str = "generic_model.pkl", **changes: object) -> Path:
    return write_pickle(folder / name, model_arrays() | changes)


def write_static(folder: Path, n_points: int = 51) -> Path:
    face_ids, weights = points(n_points, seed=1)
    content = {"lmk_face_idx": face_ids.astype(np.uint32), "lmk_b_coords": weights}
    return write_pickle(folder / "flame_static_embedding.pkl", content)


def write_dynamic(folder: Path) -> Path:
    face_ids, weights = points(79, 17, seed=2)
    content = {"lmk_face_idx": list(face_ids), "lmk_b_coords": list(weights)}
    np.save(folder / "flame_dynamic_embedding.npy", content, allow_pickle=True)  # type: ignore[arg-type]
    return folder / "flame_dynamic_embedding.npy"


def write_embeddings(folder: Path) -> Path:
    """As DECA's: numpy arrays beside torch tensors."""
    (static, s_weights), (turns, t_weights) = points(51, seed=1), points(79, 17, seed=2)
    full, f_weights = points(1, 68, seed=3)
    full[0, 17:], f_weights[0, 17:] = static, s_weights
    content = {
        "static_lmk_faces_idx": static,
        "static_lmk_bary_coords": s_weights,
        "dynamic_lmk_faces_idx": torch.from_numpy(turns),
        "dynamic_lmk_bary_coords": torch.from_numpy(t_weights).float(),
        "full_lmk_faces_idx": full,
        "full_lmk_bary_coords": f_weights,
    }
    np.save(folder / "landmark_embedding.npy", content, allow_pickle=True)  # type: ignore[arg-type]
    return folder / "landmark_embedding.npy"


def write_mediapipe(folder: Path, n_points: int = 105) -> Path:
    face_ids, weights = points(n_points, seed=4)
    indices = np.random.default_rng(5).permutation(468)[:n_points]
    path = folder / "mediapipe_landmark_embedding.npz"
    np.savez(path, lmk_face_idx=face_ids, lmk_b_coords=weights, landmark_indices=indices)
    return path


def write_masks(folder: Path) -> Path:
    regions = {"face": np.arange(5, 20), "nose": np.array([7, 8]), "scalp": np.array([], np.int64)}
    return write_pickle(folder / "FLAME_masks.pkl", regions)


def texture_points(seed: int = 6) -> dict:
    rng = np.random.default_rng(seed)
    return {"vt": rng.random((N_UV, 2)), "ft": rng.integers(N_UV, size=(N_FACES, 3))}


def write_texture(folder: Path, side: int = 8, n_components: int = 4) -> Path:
    rng = np.random.default_rng(7)
    maps = {"mean": rng.random((side, side, 3)) * 255, "tex_dir": rng.normal(size=(side, side, 3, n_components)) * 9}
    np.savez(folder / "FLAME_texture.npz", **maps, **texture_points())
    return folder / "FLAME_texture.npz"


def write_bfm_texture(folder: Path, side: int = 8, n_components: int = 3) -> Path:
    rng = np.random.default_rng(8)
    n = side * side * 3
    np.savez(folder / "FLAME_albedo_from_BFM.npz", MU=rng.random(n), PC=rng.normal(size=(n, n_components)) * 0.03)
    return folder / "FLAME_albedo_from_BFM.npz"


def write_albedo_mm(folder: Path, side: int = 8, n_components: int = 3) -> Path:
    rng = np.random.default_rng(9)
    shape, size = (side, side, 3), (side, side, 3, n_components)
    path = folder / "albedoModel2020_FLAME_albedoPart.npz"
    parts = {"MU": rng.random(shape), "PC": rng.normal(size=size) * 0.03}
    parts |= {"specMU": rng.random(shape) * 0.2, "specPC": rng.normal(size=size) * 0.01}
    np.savez(path, **parts, **texture_points())
    return path
