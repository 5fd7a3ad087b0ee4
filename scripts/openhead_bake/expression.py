"""Expression units, the jaw's own part, and a basis from random plausible expressions."""

from dataclasses import dataclass

import numpy as np

from openhead_bake.makehuman import Source
from openhead_bake.topology import Topology

# Not in the basis: where the eyes look, what the jaw joint does, the tongue, and the closing of lips over an open jaw.
_NOT_MIXED = ("eyeLook", "jawOpen", "jawLeft", "jawRight", "mouthClose", "tongueOut", "mouth-open")
# The mouth does one of these things at a time, sometimes two.
_MOUTH_GROUPS = (
    ("mouthSmile", "mouth-corner-puller"),
    ("mouthFrown", "mouth-depression", "mouth-depression-retraction"),
    ("mouthPucker", "mouthFunnel", "mouth-pursing", "mouth-protusion", "mouth-eversion"),
    ("mouthStretch", "mouth-retraction", "mouth-upward-retraction", "neck-platysma"),
    ("mouthPress", "mouth-compression", "mouthRollLower", "mouthRollUpper"),
    ("mouthUpperUp", "mouthLowerDown", "mouth-parling", "mouth-part-later"),
    ("mouthShrugLower", "mouthShrugUpper", "mouth-elevation", "mouthDimple", "mouthLeft", "mouthRight", "jawForward"),
)
_GROUP_ODDS = (0.34, 0.11, 0.13, 0.10, 0.09, 0.13, 0.10)  # people in pictures smile
_LIP_OVERLAP = 5e-4  # metres by which lips may press into each other


@dataclass(frozen=True)
class Units:
    """Named expression units: shapes (U, R, 3) on the head's rows."""

    names: tuple[str, ...]
    shapes: np.ndarray


@dataclass(frozen=True)
class Expressions:
    """The basis (E, R, 3) of unit RMS, sampled coefficients (N, E) with their jaws (N, 3), and what is explained."""

    basis: np.ndarray
    samples: np.ndarray
    jaws: np.ndarray
    explained: np.ndarray


def load_units(source: Source, topology: Topology) -> tuple[Units, Units]:
    """The 52 ARKit units, and MakeHuman's own averaged over its three races."""
    arkit = {name: topology.rows @ source.target(path) for name, path in source.arkit_names().items()}
    own = {
        name: topology.rows @ np.mean([source.target(p) for p in paths], axis=0)
        for name, paths in source.unit_names().items()
    }
    return (
        Units(tuple(arkit), np.stack(list(arkit.values()))),
        Units(tuple(own), np.stack(list(own.values()))),
    )


def rotation_about(axis: int, angle: float) -> np.ndarray:
    """Rotation matrix (3, 3) about one coordinate axis."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[a, a] = matrix[b, b] = np.cos(angle)
    matrix[b, a], matrix[a, b] = np.sin(angle), -np.sin(angle)
    return matrix


def jaw_correctives(
    arkit: Units, base: np.ndarray, joint: np.ndarray, jaw: np.ndarray, bone: np.ndarray
) -> tuple[np.ndarray, float]:
    """What the jaw units hold beyond the turn of the joint, linear in R - I, row-major: (9, R, 3); jawOpen's angle.

    Args:
        arkit: the units; base: (R, 3) rows they displace; joint: (3,) jaw joint.
        jaw: (R,) skinning weight of the jaw; bone: rows that turn rigidly with it (lower teeth).
    """
    shape = dict(zip(arkit.names, arkit.shapes, strict=True))
    correctives = np.zeros((9, *base.shape))
    angles = {}
    for name, axis, entry, sign in (("jawOpen", 0, 7, 1.0), ("jawLeft", 1, 2, 1.0)):
        grid = np.linspace(-0.6, 0.6, 2401)
        moved = base[bone] + shape[name][bone]
        turned = [(base[bone] - joint) @ rotation_about(axis, a).T + joint for a in grid]
        angle = float(grid[np.argmin([((t - moved) ** 2).sum() for t in turned])])
        motion = jaw[:, None] * ((base - joint) @ rotation_about(axis, angle).T + joint - base)
        residual = shape[name] - motion
        if name == "jawLeft":  # odd in the angle: the mean of the left unit and the mirrored right one is the left unit
            right = jaw[:, None] * ((base - joint) @ rotation_about(axis, -angle).T + joint - base)
            residual = (residual - (shape["jawRight"] - right)) / 2
        correctives[entry] = residual / (sign * np.sin(angle))
        angles[name] = angle
    return correctives, angles["jawOpen"]


def mixed_units(arkit: Units, own: Units) -> Units:
    """The units that expressions are mixed from."""
    names, shapes = [], []
    for units in (arkit, own):
        for name, shape in zip(units.names, units.shapes, strict=True):
            if not name.startswith(_NOT_MIXED):
                names.append(name)
                shapes.append(shape)
    return Units(tuple(names), np.stack(shapes))


def draw_activations(names: tuple[str, ...], rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw unit activations (n, U) in [0, 1] and jaw rotations (n, 3): mild faces, a few strong, mostly symmetric."""
    families = sorted({_family(name) for name in names})
    column = {name: k for k, name in enumerate(names)}
    active = np.zeros((n, len(names)))
    strength = rng.beta(1.4, 1.4, n)
    strength[rng.random(n) < 0.06] = 0.0  # neutral faces
    mouth = [rng.choice(len(_MOUTH_GROUPS), size=n, p=_GROUP_ODDS) for _ in range(2)]
    second = rng.random(n) < 0.45
    for family in families:
        group = next((g for g, members in enumerate(_MOUTH_GROUPS) if family in members), None)
        if group is None:
            used = rng.random(n) < 0.16
        else:
            chosen = (mouth[0] == group) | (second & (mouth[1] == group))
            used = (chosen & (rng.random(n) < 0.55)) | (rng.random(n) < 0.03)
        amount = used * strength * rng.beta(2.2, 1.2, n)
        skew = np.where(rng.random(n) < 0.2, rng.uniform(0.4, 1.0, n), rng.uniform(0.9, 1.0, n))
        weaker_left = rng.random(n) < 0.5
        for name in (m for m in names if _family(m) == family):
            side = _side(name)
            keep = np.ones(n) if side == 0 else np.where(weaker_left == (side > 0), skew, 1.0)
            active[:, column[name]] = amount * keep
    # Units that pull one place twice the same way must not add up beyond one of them.
    for _, members in _overlaps(names):
        total = active[:, members].sum(1)
        active[:, members] /= np.maximum(total, 1.0)[:, None]
    open_ = np.where(rng.random(n) < 0.5, 0.0, np.abs(rng.normal(0, 0.16, n)))
    pressed = active[:, [column[m] for m in names if _family(m) in _MOUTH_GROUPS[4]]].sum(1)
    open_ = np.clip(open_ * np.clip(1 - 1.5 * pressed, 0, 1), 0, 0.45)
    open_ *= strength > 0
    aside = np.where(rng.random(n) < 0.15, rng.normal(0, 0.03, n), 0.0)
    return active, np.stack([open_, aside, np.zeros(n)], 1)


def lips_meet(
    units: Units, active: np.ndarray, jaws: np.ndarray, base: np.ndarray, lips: np.ndarray, jaw: np.ndarray
) -> np.ndarray:
    """Which mixes (N,) keep the upper lip above the lower one.

    Args:
        units: shapes (U, R, 3); active: (N, U); jaws: (N, 3); base: (R, 3) rows at rest.
        lips: rows of the lips; jaw: (R,) skinning weight of the jaw, which tells the lower lip from the upper one.
    """
    reach = base[lips, 2] - base[base.shape[0] - 3, 2]  # lever of the jaw joint, the third of the five last rows
    height = base[lips, 1] + active @ units.shapes[:, lips, 1] - np.sin(jaws[:, :1]) * reach * jaw[lips]
    upper, lower = jaw[lips] < 0.05, jaw[lips] > 0.5
    good = np.ones(len(active), bool)
    for x in np.arange(-0.018, 0.0181, 0.003):
        column = np.abs(base[lips, 0] - x) < 0.002
        if (column & upper).any() and (column & lower).any():
            gap = height[:, column & upper].min(1) - height[:, column & lower].max(1)
            rest = base[lips, 1][column & upper].min() - base[lips, 1][column & lower].max()
            good &= gap > min(rest, 0) - _LIP_OVERLAP
    return good


def _family(name: str) -> str:
    for left, right in (("Left", "Right"), ("-left", "-right")):
        if name not in ("mouthLeft", "mouthRight"):
            name = name.replace(left, "").replace(right, "")
    return name


def _side(name: str) -> int:
    if name in ("mouthLeft", "mouthRight"):
        return 0
    return (("Left" in name) or ("-left" in name)) - (("Right" in name) or ("-right" in name))


def _overlaps(names: tuple[str, ...]) -> list[tuple[str, list[int]]]:
    groups: dict[str, list[str]] = {
        "lids left": ["eyeBlinkLeft", "eyeSquintLeft", "eye-left-closure", "eye-left-slit"],
        "lids right": ["eyeBlinkRight", "eyeSquintRight", "eye-right-closure", "eye-right-slit"],
        "wide left": ["eyeWideLeft", "eye-left-opened-up"],
        "wide right": ["eyeWideRight", "eye-right-opened-up"],
        "smile": ["mouthSmileLeft", "mouth-corner-puller", "mouthDimpleLeft", "mouth-upward-retraction"],
        "smile right": ["mouthSmileRight", "mouthDimpleRight"],
        "brow left": ["browDownLeft", "eyebrows-left-down"],
        "brow right": ["browDownRight", "eyebrows-right-down"],
        "brow up left": [
            "browInnerUp",
            "browOuterUpLeft",
            "eyebrows-left-extern-up",
            "eyebrows-left-inner-up",
            "eyebrows-left-up",
        ],
        "brow up right": [
            "browOuterUpRight",
            "eyebrows-right-extern-up",
            "eyebrows-right-inner-up",
            "eyebrows-right-up",
        ],
        "nose left": ["noseSneerLeft", "nose-left-elevation"],
        "nose right": ["noseSneerRight", "nose-right-elevation"],
        "pucker": list(_MOUTH_GROUPS[2]),
        "press": ["mouthPressLeft", "mouth-compression", "mouthRollLower", "mouthRollUpper"],
        "lift": ["mouthUpperUpLeft", "mouth-part-later", "mouth-parling", "mouth-elevation", "mouthShrugUpper"],
        "drop": ["mouthLowerDownLeft", "mouth-depression", "mouth-depression-retraction", "mouthFrownLeft"],
    }
    return [(key, [names.index(m) for m in members if m in names]) for key, members in groups.items()]


def expression_basis(
    units: Units, active: np.ndarray, jaws: np.ndarray, weights: np.ndarray, n: int, kept: int
) -> Expressions:
    """Uncentred components of the mixes: zero stays the neutral face; each coefficient has RMS 1 over them.

    Args:
        units: shapes (U, R, 3); active: (N, U) mixes; jaws: (N, 3); weights: (R,) share of each row; n: components.
        kept: how many of the mixes to hand on as samples.
    """
    flat = (units.shapes * np.sqrt(weights)[:, None]).reshape(len(units.names), -1)
    gram = flat @ flat.T  # everything lives in the span of the units: solve there
    second = active.T @ active / len(active)
    root = np.linalg.cholesky(second + 1e-9 * np.eye(len(second)))
    values, vectors = np.linalg.eigh(root.T @ gram @ root)
    order = np.argsort(-values)[:n]
    # Component k = units mixed by root v_k: its displacement already is one RMS.
    mixes = root @ vectors[:, order]
    basis = np.einsum("uk,urc->krc", mixes, units.shapes)
    scores = active @ gram @ mixes / values[order]
    flip = np.sign(np.take_along_axis(mixes, np.abs(mixes).argmax(0)[None], 0)[0])
    explained = np.cumsum(values[order]) / values.sum()
    return Expressions(basis * flip[:, None, None], (scores * flip)[:kept], jaws[:kept], explained)
