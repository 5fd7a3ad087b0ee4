"""A linear space of face colours for heads that have none: drawn from what faces are known to vary in.

No scan stands behind it. Each direction is a region of the face times a colour: how dark and how red the skin is, lips,
brows, beard, hair, iris, the shade around the eyes, and smooth changes across the face.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from manyfaces.core.errors import InputError
from manyfaces.heads.data import HeadData

Weights = Float[np.ndarray, " V"]

DIRECTIONS = (
    *("tone", "blood", "yellow", "lips_red", "lips_dark", "brows_dark", "brows_warm", "hair_light", "hair_warm"),
    *("beard", "moustache", "iris_light", "cheeks", "nose", "sockets", "height", "width", "left", "chin", "mouth"),
)
"""Names of the directions, in order."""

_SKIN = (0.78, 0.58, 0.50)
_BROWS, _EYES, _NOSE, _LIPS = slice(17, 27), slice(36, 48), slice(29, 36), slice(48, 60)
_CHEEKS = ((2, 31), (14, 35))


def with_skin_colours(data: HeadData) -> HeadData:
    """The head with the drawn space of colours, unless it has one; without colours of its own it is skin all over.

    Raises:
        InputError: the head has no landmarks to draw it around.
    """
    if data.albedo_basis is not None:
        return data
    if "68" not in data.landmarks:
        raise InputError(f"head {data.name!r} has no 68 landmarks to draw colours around")
    if data.albedo is None:
        data = replace(data, albedo=np.tile(np.array(_SKIN, np.float32), (len(data.template), 1)))
    drawn = _directions(data)
    colours = [drawn[name][0][:, None] * np.array(drawn[name][1]) for name in DIRECTIONS]
    return replace(data, albedo_basis=np.stack(colours).astype(np.float32))


def hair_reach(data: HeadData) -> Weights:
    """How far each vertex lies from the head's own hair, metres; eyes, mouth and ears, and bald heads, lie far off."""
    if not _mask(data, "scalp").any():
        return np.full(len(data.template), 10.0)
    scalp = data.template[data.masks["scalp"]]
    far = np.linalg.norm(data.template[:, None] - scalp[None], axis=-1).min(1)
    points = _points(data)
    below_brows = np.clip((points[_BROWS, 1].max() + 0.004 - data.template[:, 1]) / 0.01, 0, None)
    ahead = data.template[:, 2] > points[[0, 16], 2].mean()
    off = ~_mask(data, "skin", True) | _mask(data, "ears")
    return far + 0.05 * below_brows * ahead + off


def _directions(data: HeadData) -> dict[str, tuple[Weights, tuple[float, float, float]]]:
    """Regions, and how one standard deviation colours them."""
    where, points = data.template, _points(data)
    brows, scalp = _brows(data, points), _scalp(data)
    lips = _mask(data, "lips").astype(float)
    skin = _mask(data, "skin", True) * (1 - brows) * (1 - scalp) * (1 - lips)
    iris = _iris(data)
    height = (where[:, 1] - points[30, 1]) / 0.06
    side = where[:, 0] / 0.06
    beard = _around(where, points[3:14], 0.022) * _below(where, float(points[33, 1]))
    moustache = _around(where, points[48:55] + np.array((0, 0.006, 0)), 0.007)
    return {
        "tone": (skin + 0.7 * lips, (0.14, 0.14, 0.13)),
        "blood": (skin + 0.7 * lips, (0.02, -0.03, -0.03)),
        "yellow": (skin + 0.5 * lips, (0.01, 0.005, -0.04)),
        "lips_red": (lips, (0.05, -0.05, -0.03)),
        "lips_dark": (lips, (-0.07, -0.06, -0.06)),
        "brows_dark": (brows, (-0.12, -0.11, -0.10)),
        "brows_warm": (brows, (0.08, 0.03, 0.0)),
        "hair_light": (scalp, (0.17, 0.15, 0.12)),
        "hair_warm": (scalp, (0.07, 0.01, -0.03)),
        "beard": (skin * beard, (-0.13, -0.12, -0.11)),
        "moustache": (skin * moustache, (-0.13, -0.12, -0.11)),
        "iris_light": (iris, (0.06, 0.09, 0.12)),
        "cheeks": (skin * _around(where, _midpoints(points, _CHEEKS), 0.018), (0.04, -0.02, -0.02)),
        "nose": (skin * _around(where, points[_NOSE], 0.010), (0.03, -0.02, -0.02)),
        "sockets": (skin * _around(where, points[_EYES], 0.011), (-0.05, -0.05, -0.04)),
        "height": (skin * np.tanh(height), (0.02, 0.02, 0.02)),
        "width": (skin * (np.tanh(np.abs(side)) - 0.5), (-0.03, -0.03, -0.03)),
        "left": (skin * np.tanh(side), (0.015, 0.015, 0.015)),
        "chin": (skin * _around(where, points[7:10], 0.014), (0.03, 0.02, 0.02)),
        "mouth": (skin * _around(where, points[_LIPS], 0.010), (-0.03, -0.03, -0.03)),
    }


def _mask(data: HeadData, name: str, otherwise: bool = False) -> Bool[np.ndarray, " V"]:
    return data.masks.get(name, np.full(len(data.template), otherwise))


def _points(data: HeadData) -> Float[np.ndarray, "68 3"]:
    points = data.landmarks["68"]
    return np.einsum("lkc,lk->lc", data.template[data.faces[points.face_ids]], points.barycentrics)


def _around(where: np.ndarray, points: np.ndarray, reach_m: float) -> Weights:
    nearest = np.linalg.norm(where[:, None] - points[None], axis=-1).min(1)
    return np.exp(-0.5 * (nearest / reach_m) ** 2)


def _below(where: np.ndarray, height_m: float) -> Weights:
    return 1 / (1 + np.exp((where[:, 1] - height_m) / 0.004))


def _midpoints(points: np.ndarray, pairs: tuple[tuple[int, int], ...]) -> np.ndarray:
    return np.array([(points[i] + points[j]) / 2 for i, j in pairs])


def _darkness(data: HeadData) -> Weights:
    """How much darker than the skin the mean colours are, 0 to 1."""
    assert data.albedo is not None
    luma = data.albedo @ np.array([0.299, 0.587, 0.114])
    skin = np.median(luma[_mask(data, "skin", True)])
    return np.clip((skin - luma) / (0.55 * skin), 0, 1)


def _brows(data: HeadData, points: np.ndarray) -> Weights:
    near = np.linalg.norm(data.template[:, None] - points[None, _BROWS], axis=-1).min(1) < 0.016
    above = data.template[:, 1] > points[_EYES, 1].max() + 0.002
    return _darkness(data) * _mask(data, "skin", True) * near * above


def _scalp(data: HeadData) -> Weights:
    high = data.template[:, 1] > _points(data)[_BROWS, 1].max() + 0.015
    return np.maximum(_mask(data, "scalp"), _darkness(data) * _mask(data, "skin", True) * high)


def _iris(data: HeadData) -> Weights:
    assert data.albedo is not None
    luma = data.albedo @ np.array([0.299, 0.587, 0.114])
    return (_mask(data, "eyeballs") & (luma > 0.06) & (luma < 0.5)).astype(float)
