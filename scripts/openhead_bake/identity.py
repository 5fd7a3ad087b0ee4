"""Draw plausible heads from MakeHuman's controls and find their principal components."""

import re
from dataclasses import dataclass

import numpy as np

from openhead_bake.makehuman import AGES, GENDERS, MUSCLES, PROPORTIONS, RACES, WEIGHTS, Source
from openhead_bake.topology import Topology

# Means: MakeHuman's neutral head is deeper and narrower than people's, its eyes lie wider apart and its lids are short.
MEAN_OFFSETS = {
    "head-scale-horiz-decr": 0.04,
    "head-scale-depth-decr": 0.85,
    "head-fat-decr": 0.35,
    "l-eye-push2-out": 0.34,
    "r-eye-push2-out": 0.34,
    "l-eye-trans-in": 0.18,
    "r-eye-trans-in": 0.18,
    "nose-nostrils-width-incr": 0.30,
    "mouth-scale-horiz-incr": 0.32,
}
SCALE_SD = 0.019  # the size of the whole head
# Standard deviation of each two-sided control; the first pattern found in its name decides.
CONTROL_SDS = (
    (r"head-trans|neck-trans|measure-neck|asymm-|neck-scale-vert", 0.0),
    (r"head-scale-horiz", 0.10),
    (r"head-scale-vert", 0.08),
    (r"head-scale-depth", 0.08),
    (r"head-back", 0.09),
    (r"head-angle", 0.12),
    (r"head-age", 0.20),
    (r"head-fat", 0.22),
    (r"forehead-nubian|forehead-scale|forehead-temple", 0.15),
    (r"mouth-philtrum|mouth-cupid", 0.15),
    (r"mouth-laugh|mouth-dimples|chin-prog|chin-cleft|chin-jaw-drop", 0.18),
    (r"(nose|mouth)-trans-in", 0.04),
    (r"eye-trans-(in|out)", 0.27),
    (r"mouth-scale-horiz", 0.18),
    (r"nose-width|nose-scale-horiz|nose-flaring|nostrils-width", 0.18),
    (r"ear-shape", 0.12),
    (r"ear-", 0.20),
    (r"neck-", 0.18),
    (r"", 0.22),
)
SIDE_SD = 0.05  # left and right differ by this much
# One-sided face shapes: kept for the face, faded out over the skull, where they make points and flats.
FACE_SHAPES = (
    "head-diamond",
    "head-invertedtriangular",
    "head-oval",
    "head-rectangular",
    "head-round",
    "head-square",
    "head-triangular",
)
FACE_SHAPE_SD = 0.25
ASYMMETRY_SD = 0.10


@dataclass(frozen=True)
class Identities:
    """Principal components of sampled heads.

    Attributes:
        mean: (R, 3) mean rows (vertices, then joints), left-right symmetric.
        basis: (S, R, 3) displacement per standard deviation.
        explained: (S,) cumulated share of the weighted variance.
    """

    mean: np.ndarray
    basis: np.ndarray
    explained: np.ndarray


def load_rows(source: Source, topology: Topology, names: dict) -> dict:
    """Displacements (R, 3) of named targets on the head's rows."""
    return {key: topology.rows @ source.target(path) for key, path in names.items()}


def draw_heads(source: Source, topology: Topology, rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw n heads' rows (n, R, 3): population first, then every local control."""
    base = topology.base
    macros = load_rows(source, topology, source.macro_names())
    locals_ = load_rows(source, topology, source.local_names())
    locals_ = {k: v for k, v in locals_.items() if np.abs(v).max() > 1e-5}
    weights = _draw_population(rng, n)
    columns = [np.prod([weights.get(label, zero) for label in key], axis=0) for key in macros for zero in [np.zeros(n)]]
    shapes = list(macros.values())
    for name, shift in MEAN_OFFSETS.items():
        columns.append(np.full(n, shift))
        shapes.append(locals_[name])
    for name, column in _draw_controls(source, rng, n, locals_).items():
        columns.append(column)
        shapes.append(_on_face_only(locals_[name], base) if name in FACE_SHAPES else locals_[name])
    mix = np.stack(columns, 1)
    live = np.flatnonzero(np.abs(mix).max(0) > 0)
    table = np.stack([shapes[k].ravel() for k in live])
    heads = (mix[:, live] @ table).reshape(n, -1, 3) + base
    return heads * (1 + SCALE_SD * rng.standard_normal(n))[:, None, None]


def _draw_population(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    # Beta(0.5, 0.5): mostly clearly male or female, some between; adults of all ages; all mixtures of origin.
    male = rng.beta(0.5, 0.5, n)
    age = rng.uniform(0.62, 0.95, n)
    muscle = np.clip(rng.normal(0.5, 0.15, n), 0, 1)
    weight = np.clip(rng.normal(0.5, 0.18, n), 0, 1)
    ideal = rng.uniform(0.4, 0.9, n)
    race = rng.dirichlet([0.5] * 3, n).T
    labels = dict(zip(GENDERS, (1 - male, male), strict=True))
    for names, value in ((AGES, age), (MUSCLES, muscle), (WEIGHTS, weight)):
        knots = np.linspace(0, 1, len(names))
        labels |= {name: np.interp(value, knots, row) for name, row in zip(names, np.eye(len(names)), strict=True)}
    labels |= dict(zip(PROPORTIONS, (ideal, 1 - ideal), strict=True))
    labels |= {"minheight": np.full(n, 0.5), "maxheight": np.full(n, 0.5)}
    return labels | dict(zip(RACES, race, strict=True))


def _draw_controls(source: Source, rng: np.random.Generator, n: int, known: dict) -> dict[str, np.ndarray]:
    # A control has a target for each sign; l- and r- twins share their value up to a small difference.
    columns: dict[str, np.ndarray] = {}
    shared: dict[str, np.ndarray] = {}
    for negative, positive in source.opposites():
        if negative not in known and positive not in known:
            continue
        name = re.sub(r"^[lr]-", "", negative)
        sd = next(sd for pattern, sd in CONTROL_SDS if re.search(pattern, name))
        if sd == 0:
            continue
        value = shared.setdefault(name, sd * rng.standard_normal(n))
        if name != negative:
            value = value + SIDE_SD * rng.standard_normal(n)
        value = np.clip(value, -1, 1)
        for target, column in ((negative, np.maximum(-value, 0)), (positive, np.maximum(value, 0))):
            if target in known:
                columns[target] = columns.get(target, 0) + column
    for name in FACE_SHAPES:
        columns[name] = np.maximum(FACE_SHAPE_SD * rng.standard_normal(n), 0)
    for name in known:
        if name.startswith("asym-"):
            columns[name] = np.maximum(ASYMMETRY_SD * rng.standard_normal(n), 0)
    return columns


def _on_face_only(shape: np.ndarray, base: np.ndarray) -> np.ndarray:
    # Full below the brows and in front of the ears, gone over the crown and the back of the head.
    low = _smooth_step((0.79 - base[:, 1]) / 0.05)
    front = _smooth_step((base[:, 2] - 0.03) / 0.07)
    return shape * (low * front)[:, None]


def _smooth_step(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def align_heads(heads: np.ndarray, weights: np.ndarray, rounds: int = 3) -> np.ndarray:
    """Move heads (N, R, 3) rigidly onto their common mean, by the rows that weights (R,) favour."""
    share = weights / weights.sum()
    heads = heads - np.einsum("nrc,r->nc", heads, share)[:, None]
    for _ in range(rounds):
        mean = heads.mean(0)
        product = np.einsum("nrc,rd->ncd", heads, mean * share[:, None])
        u, _, vt = np.linalg.svd(product)
        flip = np.ones((len(heads), 3))
        flip[:, 2] = np.sign(np.linalg.det(u @ vt))
        heads = np.einsum("nrc,ncd->nrd", heads, (u * flip[:, None]) @ vt)
    return heads


def principal_components(heads: np.ndarray, mirror: np.ndarray, weights: np.ndarray, n: int) -> Identities:
    """Symmetric and antisymmetric components of heads and their mirror images, by weighted variance.

    Args:
        heads: (N, R, 3) aligned rows.
        mirror: (R,) row of each row's mirror image.
        weights: (R,) share of each row in the variance that orders the components.
        n: how many to keep.
    """
    flipped = heads[:, mirror] * np.array([-1.0, 1, 1])
    even, odd = (heads + flipped) / 2, (heads - flipped) / 2
    mean = even.mean(0)
    even = even - mean
    found, variance = [], 0.0
    for part in (even, odd):  # the set {head, mirrored head} has exactly these two uncorrelated parts
        flat = (part * np.sqrt(weights)[:, None]).reshape(len(part), -1)
        values, vectors = np.linalg.eigh(flat @ flat.T / len(part))
        variance += values.clip(0).sum()
        for k in np.argsort(-values)[:n]:
            scores = vectors[:, k] * np.sqrt(len(part))
            found.append((values[k], np.tensordot(scores, part, 1) / len(part)))
    found.sort(key=lambda item: -item[0])
    basis = np.stack([shape for _, shape in found[:n]])
    return Identities(mean, fix_signs(basis, mean), np.cumsum([value for value, _ in found[:n]]) / variance)


def fix_signs(basis: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Flip each shape (S, R, 3) so that its largest entry on the left half is positive: no sign is left to chance."""
    left = np.flatnonzero(mean[:, 0] >= -1e-6)
    entries = basis[:, left].reshape(len(basis), -1)
    peak = np.take_along_axis(entries, np.abs(entries).argmax(1)[:, None], 1)[:, 0]
    return basis * np.sign(peak)[:, None, None]
