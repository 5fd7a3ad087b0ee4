"""What lies where on the head: regions, colours and our own texture atlas."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from openhead_bake.makehuman import Source
from openhead_bake.topology import EYE_RINGS_DEG, EYE_SEGMENTS, PARTS, Topology, eyeball_faces

EAR_MOVES = 1.5e-3  # metres by which a control that turns the ears moves what belongs to them
# Cells (left, bottom, right, top) of the atlas; charts keep their proportions inside their cell.
_CELLS = {
    "head": (0.005, 0.475, 0.995, 0.995),
    "left_eye": (0.01, 0.24, 0.23, 0.46),
    "right_eye": (0.24, 0.24, 0.46, 0.46),
    "mouth": (0.47, 0.26, 0.73, 0.46),
    "neck": (0.01, 0.06, 0.36, 0.23),
    "left_socket": (0.74, 0.32, 0.86, 0.46),
    "right_socket": (0.87, 0.32, 0.99, 0.46),
    "tongue": (0.38, 0.03, 0.46, 0.22),
    "upper_teeth": (0.48, 0.03, 0.72, 0.13),
    "lower_teeth": (0.48, 0.14, 0.72, 0.24),
}


def quad_charts(source: Source, topology: Topology) -> np.ndarray:
    """Name of the texture chart of every quad."""
    mesh, uv = source.mesh, topology.uv_quads
    links = (np.ones(uv.size), (np.repeat(uv[:, 0], 4), uv.ravel()))
    _, label = sp.csgraph.connected_components(sp.coo_matrix(links, (len(mesh.uv), len(mesh.uv))), directed=False)
    label = label[uv[:, 0]]
    place = (topology.rows @ mesh.vertices)[topology.quads].mean(1)
    part = topology.part[topology.quads[:, 0]]
    charts = np.array([PARTS[p] for p in part], dtype="U12")
    eye_height = (topology.rows @ mesh.vertices)[-1, 1]
    for k in np.unique(label[part == 0]):
        here = (label == k) & (part == 0)
        centre = place[here].mean(0)
        if here.sum() > 1000:
            charts[here] = "head"
        elif abs(centre[1] - eye_height) < 0.02 and abs(centre[0]) > 0.01:
            charts[here] = "left_socket" if centre[0] > 0 else "right_socket"
        else:
            charts[here] = "mouth" if centre[2] > 0.08 else "neck"
    return charts


def build_atlas(source: Source, topology: Topology, charts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Texture points (T, 2) in [0, 1] and their rows per triangle (F, 3)."""
    used = np.unique(topology.uv_quads)
    row_of = np.full(len(source.mesh.uv), -1)
    row_of[used] = np.arange(len(used))
    uv = source.mesh.uv[used].copy()
    quads = row_of[topology.uv_quads]
    height = topology.base[topology.quads][..., 1]
    for name in np.unique(charts):
        corners = quads[charts == name]
        rows = np.unique(corners)
        turned = _upright(uv[corners], height[charts == name])
        flat = np.zeros((len(uv), 2))
        flat[corners.ravel()] = turned.reshape(-1, 2)
        uv[rows] = _fit(flat[rows], _CELLS[name])
    # Triangles take their corners' texture rows: match each to its quad by vertex.
    n_tri = 2 * len(quads)
    tri, owner = topology.faces[:n_tri], np.arange(n_tri) // 2
    slot = (topology.quads[owner][:, None, :] == tri[:, :, None]).argmax(2)
    parts = [quads[owner[:, None], slot]]
    points = [uv]
    total = len(uv)
    for eye in ("left_eye", "right_eye"):
        eye_uv, eye_faces = _eye_chart()
        points.append(_fit(eye_uv, _CELLS[eye]))
        parts.append(eye_faces + total)
        total += len(eye_uv)
    return np.concatenate(points), np.concatenate(parts)


def _upright(corners: np.ndarray, height: np.ndarray) -> np.ndarray:
    # Turn by quarter turns until up in the picture is up on the head.
    turns = [np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]).round() for a in np.pi / 2 * np.arange(4)]
    centred, rise = corners - corners.mean((0, 1)), height - height.mean()
    return corners @ max(turns, key=lambda turn: float(((centred @ turn)[..., 1] * rise).sum()))


def _fit(points: np.ndarray, cell: tuple[float, float, float, float]) -> np.ndarray:
    low, high = np.array(cell[:2]), np.array(cell[2:])
    size = np.ptp(points, axis=0)
    scale = ((high - low) / size).min()
    return (points - points.min(0) - size / 2) * scale + (low + high) / 2


def _eye_chart() -> tuple[np.ndarray, np.ndarray]:
    # Distance from the pole is the polar angle; the far pole gets one point per triangle of its fan.
    turn = 2 * np.pi * np.arange(EYE_SEGMENTS) / EYE_SEGMENTS
    ring = np.stack([np.cos(turn), np.sin(turn)], 1)
    fan = np.stack([np.cos(turn + np.pi / EYE_SEGMENTS), np.sin(turn + np.pi / EYE_SEGMENTS)], 1) * 180
    points = np.concatenate([[[0.0, 0]], *[r * ring for r in EYE_RINGS_DEG], fan])
    faces = eyeball_faces().copy()
    pole = 1 + len(EYE_RINGS_DEG) * EYE_SEGMENTS
    last = (faces == pole).any(1)
    faces[last] = np.where(faces[last] == pole, pole + np.arange(EYE_SEGMENTS)[:, None], faces[last])
    return points, faces


def build_masks(source: Source, topology: Topology, charts: np.ndarray) -> dict[str, np.ndarray]:
    """Region masks (V,) by name, from the charts, the parts and places on the base head."""
    n = topology.n_vertices
    place = topology.base[:n]
    x, y, z = place.T
    on = {name: np.isin(np.arange(n), topology.quads[charts == name]) for name in np.unique(charts)}
    skin = on["head"] | on["neck"]
    masks = {name: topology.part == k for k, name in enumerate(PARTS) if name != "skin"}
    masks["eyeballs"] = masks["left_eye"] | masks["right_eye"]
    masks["teeth"] = masks.pop("upper_teeth") | masks.pop("lower_teeth")
    inner_mouth, sockets = on["mouth"] & ~skin, (on["left_socket"] | on["right_socket"]) & ~skin
    masks["inner_mouth"] = inner_mouth | masks["teeth"] | masks["tongue"]
    masks["lips"] = on["head"] & (lip_depth(place, on["head"] & on["mouth"]) > 0)
    ears = _response(source, topology, lambda k: "-ear-wing" in k or "-ear-shape" in k or "-ear-lobe" in k)
    ears = skin & ((ears > EAR_MOVES) | (_response(source, topology, lambda k: "-ear-rot" in k) > 2 * EAR_MOVES))
    masks["ears"] = ears
    near_eye = np.minimum(*[np.hypot((x - s * 0.0308) / 0.024, (y - 0.7284) / 0.017) for s in (1, -1)]) < 1
    masks["eyes"] = masks["eyeballs"] | sockets | (skin & near_eye & (z > 0.1))
    masks["mouth"] = masks["inner_mouth"] | masks["lips"]
    masks["neck"] = on["neck"] | (skin & (y < 0.630 + 0.30 * (0.125 - z)))
    masks["scalp"] = skin & ~ears & ~masks["neck"] & (hair_amount(place) > 0.5)
    masks["face"] = on["head"] & ~(ears | masks["neck"] | masks["scalp"])
    masks["front"] = masks["face"] & (z > 0.082)
    masks["skin"] = skin
    return {name: masks[name] for name in sorted(masks)}


def lip_depth(place: np.ndarray, rim: np.ndarray) -> np.ndarray:
    """How far inside the red of the lips points (V, 3) lie, metres; negative outside; narrow at the corners."""
    line = place[rim]
    distance, _ = cKDTree(line).query(place)
    across = np.clip(np.abs(place[:, 0]) / line[:, 0].max(), 0, 1)
    return 0.0110 * np.sqrt(1 - across**2) - distance


def hair_amount(place: np.ndarray) -> np.ndarray:
    """How much short hair covers points (V, 3) of the base head, 0 to 1, soft at the hairline."""
    x, y, z = place.T
    above = (y - 0.800 - 0.12 * np.abs(x)) / 0.012
    temple = np.minimum((0.072 - z) / 0.012, (y - 0.738) / 0.012)
    nape = np.minimum((0.030 - z) / 0.012, (y - 0.668) / 0.014)
    return np.clip(np.maximum(np.maximum(above, temple), nape) / 2 + 0.5, 0, 1)


def _response(source: Source, topology: Topology, wanted: Callable[[str], bool]) -> np.ndarray:
    paths = [p for name, p in source.local_names().items() if wanted(name)]
    moves = [np.linalg.norm((topology.rows @ source.target(p))[: topology.n_vertices], axis=1) for p in paths]
    return np.max(moves, axis=0)


def build_albedo(source: Source, topology: Topology, charts: np.ndarray, masks: dict[str, np.ndarray]) -> np.ndarray:
    """Mean colours (V, 3), RGB in [0, 1], painted by rule: no photo of anybody went in."""
    n = topology.n_vertices
    place = topology.base[:n]
    x, y, z = place.T
    colour = np.tile([0.80, 0.62, 0.53], (n, 1))

    def paint(amount: np.ndarray, rgb: tuple[float, float, float]) -> None:
        colour[:] += np.clip(amount, 0, 1)[:, None] * (np.array(rgb) - colour)

    def blob(cx: float, cy: float, rx: float, ry: float) -> np.ndarray:
        return np.exp(-(((np.abs(x) - cx) / rx) ** 2) - ((y - cy) / ry) ** 2) * (z > 0.06)

    paint(0.35 * blob(0.042, 0.690, 0.020, 0.016), (0.80, 0.50, 0.43))  # cheeks
    paint(0.30 * blob(0.0, 0.692, 0.014, 0.012), (0.78, 0.50, 0.43))  # nose tip
    paint(0.25 * blob(0.031, 0.728, 0.020, 0.012), (0.66, 0.47, 0.42))  # lids
    brow = np.abs(x)
    arch = 0.7475 + 0.10 * (brow - 0.012) - 1.9 * np.maximum(brow - 0.036, 0) ** 1.5
    inside = np.clip((brow - 0.009) / 0.004, 0, 1) * np.clip((0.053 - brow) / 0.008, 0, 1) * (z > 0.08)
    paint(0.8 * inside * np.exp(-(((y - arch) / 0.0042) ** 2)), (0.27, 0.19, 0.15))
    paint(hair_amount(place) * (~masks["ears"] & ~masks["neck"]), (0.27, 0.21, 0.17))
    rim = masks["lips"] & np.isin(np.arange(n), topology.quads[charts == "mouth"])
    paint(0.8 * np.clip(lip_depth(place, rim) / 0.0025 + 0.5, 0, 1) * masks["face"], (0.66, 0.36, 0.34))
    paint(1.0 * masks["inner_mouth"], (0.38, 0.15, 0.14))
    paint(1.0 * masks["tongue"], (0.68, 0.36, 0.35))
    paint(1.0 * masks["teeth"], (0.88, 0.85, 0.78))
    paint(masks["teeth"] * (np.abs(x) - 0.009) / 0.009, (0.30, 0.14, 0.13))  # the cheeks shade the back teeth
    paint(0.9 * masks["tongue"] * (0.140 - z) / 0.03, (0.34, 0.14, 0.13))
    sockets = masks["eyes"] & ~masks["skin"] & ~masks["eyeballs"]
    paint(0.6 * sockets, (0.62, 0.36, 0.33))
    for side in ("left_eye", "right_eye"):
        polar = np.concatenate([[0], np.repeat(EYE_RINGS_DEG, EYE_SEGMENTS), [180]])
        ball = np.where(polar[:, None] < 20, [[0.36, 0.25, 0.17]], [[0.93, 0.91, 0.89]])
        ball = np.where((polar[:, None] > 17) & (polar[:, None] < 20), [[0.24, 0.17, 0.13]], ball)
        colour[masks[side]] = np.where(polar[:, None] < 9, [[0.03, 0.03, 0.03]], ball)
    return colour
