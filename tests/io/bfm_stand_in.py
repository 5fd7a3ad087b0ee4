"""Files in BFM's layouts with made-up numbers on a small bent sheet: BFM itself is nobody's to pass on."""

from pathlib import Path

import numpy as np
from scipy.io import savemat

ROWS, COLUMNS = 9, 11
N_FRONT, N_EXPRESSION_VERTICES, N_MODEL = ROWS * COLUMNS, 105, 110
N_IDENTITY, N_EXPRESSION, N_TEXTURE = 83, 66, 82  # in the makers' files; the first 80, 64 and 80 of them are used
RNG_SEED = 0


def sheet_um() -> np.ndarray:
    """A face as a sheet: x to the subject's left, y up, bent towards z; micrometres, far from the origin."""
    y, x = np.mgrid[1 : -1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j]
    z = 0.8 - 0.5 * x**2 - 0.3 * y**2
    return 1e5 * np.stack([0.7 * x, 0.9 * y, z], -1).reshape(-1, 3) + [3e3, -5e3, 2e3]


def sheet_faces() -> np.ndarray:
    """Counted from 0, counter-clockwise as z looks at them."""
    corner = np.arange(N_FRONT).reshape(ROWS, COLUMNS)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def indices() -> tuple[np.ndarray, np.ndarray]:
    """Vertex of the model for each vertex with expressions, and of these for each of the front; counted from 0."""
    rng = np.random.default_rng(RNG_SEED)
    return rng.permutation(N_MODEL)[:N_EXPRESSION_VERTICES], rng.permutation(N_EXPRESSION_VERTICES)[:N_FRONT]


def info() -> dict[str, np.ndarray]:
    """What `facemodel_info.mat` holds: single precision, counted from 1."""
    rng = np.random.default_rng(RNG_SEED + 1)
    faces = sheet_faces()
    arrays = {
        "tri": faces + 1,
        "point_buf": rng.integers(1, len(faces) + 2, (N_FRONT, 8)),
        "keypoints": rng.permutation(N_FRONT)[None, :68] + 1,
        "frontmask2": np.ones((1, N_FRONT)),
        "frontmask2_idx": np.sort(rng.permutation(N_FRONT)[:60])[:, None] + 1,
        "tri_mask2": faces[:40] + 1,
        "skinmask": rng.integers(0, 2, (1, N_FRONT)),
    }
    return {key: value.astype(np.float32) for key, value in arrays.items()}


def model() -> dict[str, np.ndarray]:
    """What `01_MorphableModel.mat` holds: micrometres, colours to 255."""
    rng = np.random.default_rng(RNG_SEED + 2)
    in_model, in_expressions = indices()
    mean = rng.normal(0, 1e5, (N_MODEL, 3))
    mean[in_model[in_expressions]] = sheet_um()
    return {
        "shapeMU": mean.reshape(-1, 1).astype(np.float32),
        "shapePC": rng.normal(0, 0.002, (3 * N_MODEL, N_IDENTITY)).astype(np.float32),
        "shapeEV": np.linspace(9e5, 1e5, N_IDENTITY)[:, None].astype(np.float32),
        "texMU": rng.uniform(60, 200, (3 * N_MODEL, 1)).astype(np.float32),
        "texPC": rng.normal(0, 0.002, (3 * N_MODEL, N_TEXTURE)).astype(np.float32),
        "texEV": np.linspace(3e3, 1e2, N_TEXTURE)[:, None].astype(np.float32),
        "tl": np.ones((5, 3), np.float64),
    }


def expressions() -> tuple[np.ndarray, np.ndarray]:
    """Components (E, V, 3) as `Exp_Pca.bin` holds them after the mean, and their deviations."""
    rng = np.random.default_rng(RNG_SEED + 3)
    components = rng.normal(0, 0.002, (N_EXPRESSION, N_EXPRESSION_VERTICES, 3)).astype(np.float32)
    return components, np.round(np.linspace(4.5e5, 5e4, N_EXPRESSION))


def write_makers_files(folder: Path) -> Path:
    """A folder as the published code wants it."""
    in_model, in_expressions = indices()
    components, deviations = expressions()
    savemat(folder / "01_MorphableModel.mat", model())
    savemat(folder / "BFM_exp_idx.mat", {"trimIndex": (in_model[:, None] + 1).astype(np.uint16)})
    savemat(folder / "BFM_front_idx.mat", {"idx": (in_expressions[:, None] + 1).astype(np.float32)})
    savemat(folder / "facemodel_info.mat", info())
    mean = np.full((1, N_EXPRESSION_VERTICES, 3), 7e3, "<f4")  # is not used
    raw = np.int32(N_EXPRESSION).astype("<i4").tobytes() + np.concatenate([mean, components]).astype("<f4").tobytes()
    (folder / "Exp_Pca.bin").write_bytes(raw)
    (folder / "std_exp.txt").write_text(" ".join(f"{value:.0f}" for value in deviations) + "\n")
    return folder


def ready() -> dict[str, np.ndarray]:
    """What `BFM_model_front.mat` holds, from the same numbers; written from the published rule, row by row."""
    in_model, in_expressions = indices()
    scan, (components, deviations) = model(), expressions()
    rows = [3 * in_model[vertex] + axis for vertex in in_expressions for axis in range(3)]
    columns = components.reshape(N_EXPRESSION, -1).T.astype(np.float64) * deviations / 1e5
    picked = [3 * vertex + axis for vertex in in_expressions for axis in range(3)]
    return {
        "meanshape": scan["shapeMU"][rows].T.astype(np.float64) / 1e5,
        "meantex": scan["texMU"][rows].T,
        "idBase": (scan["shapePC"].astype(np.float64) * scan["shapeEV"].T / 1e5)[rows, :80],
        "exBase": columns[picked, :64],
        "texBase": (scan["texPC"].astype(np.float64) * scan["texEV"].T)[rows, :80],
        **{key: value for key, value in info().items() if key != "frontmask2"},
    }


def write_ready(folder: Path, **changes: object) -> Path:
    """A `BFM_model_front.mat`; a change to None leaves an array out."""
    path = folder / "BFM_model_front.mat"
    savemat(path, {key: value for key, value in (ready() | changes).items() if value is not None})
    return path
