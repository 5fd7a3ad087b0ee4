"""Cut the head out of the body along an edge loop, add our own eyeballs, triangulate, pair left with right."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from openhead_bake.makehuman import Mesh, Source

PARTS = ("skin", "tongue", "upper_teeth", "lower_teeth", "left_eye", "right_eye")
JOINTS = ("neck", "head", "jaw", "left_eye", "right_eye")
PARENTS = (-1, 0, 1, 1, 1)
_JOINT_CUBES = ("joint-neck", "joint-head", "joint-mouth", "joint-l-eye", "joint-r-eye")
_NECK_LOOP_START = 858  # rearmost vertex of the first edge loop under the neck joint
_HELPERS = {"tongue": "helper-tongue", "upper_teeth": "helper-upper-teeth", "lower_teeth": "helper-lower-teeth"}
# Rings of an eyeball, degrees from its pole: the pupil ends at 8, the iris (11.7 mm across) at 23.
EYE_RINGS_DEG = (4.0, 8.0, 10.0, 14.0, 18.5, 23.0, 25.5, 32.0, 42.0, 54.0, 68.0, 84.0, 105.0, 135.0)
EYE_SEGMENTS = 24


@dataclass(frozen=True)
class Topology:
    """The head's own mesh.

    Attributes:
        rows: (V + J, base vertices) sparse; makes head vertices, then joints, out of any base-mesh array.
        n_vertices: V.
        quads: (Q, 4) skin, tongue and teeth quads; uv_quads: their texture rows in the base mesh.
        faces: (F, 3) triangles, first two per quad in quad order, then the eyeballs'.
        part: (V,) index into PARTS.
        mirror: (V + J,) row of the mirror image of every row.
        base: (V + J, 3) rows of the base head, metres.
    """

    rows: sp.csr_matrix
    n_vertices: int
    quads: np.ndarray
    uv_quads: np.ndarray
    faces: np.ndarray
    part: np.ndarray
    mirror: np.ndarray
    base: np.ndarray


def build_topology(source: Source) -> Topology:
    """Everything about the mesh that no shape changes."""
    mesh = source.mesh
    body = mesh.groups["body"]
    keep = _faces_above_loop(mesh, _edge_loop(body.quads, _NECK_LOOP_START, mesh.vertices))
    pieces = [(body.quads[keep], body.uv_quads[keep])]
    pieces += [(mesh.groups[g].quads, mesh.groups[g].uv_quads) for g in _HELPERS.values()]
    used = [np.unique(quads) for quads, _ in pieces]
    order = np.concatenate(used)
    row_of = np.full(len(mesh.vertices), -1)
    row_of[order] = np.arange(len(order))
    quads = row_of[np.concatenate([q for q, _ in pieces])]
    part = np.repeat(np.arange(len(used)), [len(u) for u in used])

    select = sp.csr_matrix((np.ones(len(order)), (np.arange(len(order)), order)), (len(order), len(mesh.vertices)))
    left, right = (_eyeball_rows(mesh, side) for side in "lr")
    n_eye = left.shape[0]
    joints = sp.vstack([_mean_row(mesh, cube) for cube in _JOINT_CUBES])
    rows = sp.vstack([select, left, right, joints]).tocsr()
    n_vertices = len(order) + 2 * n_eye
    placed = rows @ mesh.vertices
    eye_faces = [eyeball_faces() + len(order), eyeball_faces() + len(order) + n_eye]
    faces = np.concatenate([_triangulate(quads, placed), *eye_faces])
    part = np.concatenate([part, np.full(n_eye, 4), np.full(n_eye, 5)])
    mirror = np.concatenate(
        [_mirror(placed[:n_vertices], part), n_vertices + np.array([0, 1, 2, 4, 3])],
    )
    uv_quads = np.concatenate([t for _, t in pieces])
    return Topology(rows, n_vertices, quads, uv_quads, faces, part, mirror, _settle_mouth(placed, part))


def _settle_mouth(base: np.ndarray, part: np.ndarray) -> np.ndarray:
    # The guide blocks of the teeth stick through the lips and the tongue fills the mouth: set them back.
    base = base.copy()
    moves = {
        "tongue": ([0.85, 0.6, 1], (0, -0.005, -0.005)),
        "upper_teeth": ([0.88, 1, 1], (0, 0.001, -0.004)),
        "lower_teeth": ([0.86, 1, 1], (0, -0.001, -0.004)),
    }
    for name, (scale, shift) in moves.items():
        rows = np.flatnonzero(part == PARTS.index(name))
        centre = base[rows].mean(0) * [0, 1, 1]
        base[rows] = (base[rows] - centre) * scale + centre + shift
    return base


def eyeball_directions() -> np.ndarray:
    """Unit directions (1 + rings * segments + 1, 3) of an eyeball that looks along z; the pole first."""
    polar = np.radians(EYE_RINGS_DEG)[:, None]
    turn = 2 * np.pi * np.arange(EYE_SEGMENTS) / EYE_SEGMENTS
    ring = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar) + 0 * turn], -1)
    return np.concatenate([[[0, 0, 1.0]], ring.reshape(-1, 3), [[0, 0, -1.0]]])


def eyeball_faces() -> np.ndarray:
    """Triangles (F, 3) of an eyeball, counter-clockwise from outside."""
    n = EYE_SEGMENTS
    here, there = np.arange(n), np.roll(np.arange(n), -1)
    faces = [np.stack([np.zeros(n, int), 1 + here, 1 + there], 1)]
    for k in range(len(EYE_RINGS_DEG) - 1):
        a, b = 1 + k * n, 1 + (k + 1) * n
        faces += [np.stack([a + here, b + here, b + there], 1), np.stack([a + here, b + there, a + there], 1)]
    last = 1 + (len(EYE_RINGS_DEG) - 1) * n
    faces.append(np.stack([last + here, np.full(n, last + n), last + there], 1))
    return np.concatenate(faces)


def _eyeball_rows(mesh: Mesh, side: str) -> sp.csr_matrix:
    # A row acts on x, y and z alike, so it can only mix vertices: the mix that is the affine map which best
    # carries the base eyeball (a sphere) to its new place and size, applied to our own sphere.
    index = np.unique(mesh.groups[f"helper-{side}-eye"].quads)
    n = len(index)
    offset = mesh.vertices[index] - mesh.vertices[index].mean(0)
    weights = np.linalg.solve(offset.T @ offset, offset.T)
    radius = np.linalg.norm(offset, axis=1).mean()
    mix = 1 / n + radius * eyeball_directions() @ weights
    columns = np.tile(index, len(mix))
    return sp.csr_matrix((mix.ravel(), (np.repeat(np.arange(len(mix)), n), columns)), (len(mix), len(mesh.vertices)))


def _mean_row(mesh: Mesh, group: str) -> sp.csr_matrix:
    index = np.unique(mesh.groups[group].quads)
    shape = (1, len(mesh.vertices))
    return sp.csr_matrix((np.full(len(index), 1 / len(index)), (np.zeros(len(index), int), index)), shape)


def _edge_faces(quads: np.ndarray) -> dict[tuple[int, int], list[int]]:
    faces = defaultdict(list)
    for f, quad in enumerate(quads.tolist()):
        for a, b in zip(quad, quad[1:] + quad[:1], strict=True):
            faces[min(a, b), max(a, b)].append(f)
    return faces


def _edge_loop(quads: np.ndarray, start: int, vertices: np.ndarray) -> list[int]:
    # An edge loop leaves each four-edged vertex by the edge that shares no face with the one it came by.
    edge_faces = _edge_faces(quads)
    neighbours = defaultdict(list)
    for a, b in edge_faces:
        neighbours[a].append(b)
        neighbours[b].append(a)
    sideways = max(neighbours[start], key=lambda v: vertices[v, 0])
    loop = [start, sideways]
    while True:
        before, here = loop[-2:]
        behind = set(edge_faces[min(before, here), max(before, here)])
        ahead = [v for v in neighbours[here] if not behind & set(edge_faces[min(v, here), max(v, here)])]
        if len(ahead) != 1:
            raise SystemExit(f"the neck loop ends at vertex {here}: this is not the base mesh expected")
        if ahead[0] == start:
            return loop
        loop.append(ahead[0])


def _faces_above_loop(mesh: Mesh, loop: list[int]) -> np.ndarray:
    quads = mesh.groups["body"].quads
    cut = {(min(a, b), max(a, b)) for a, b in zip(loop, loop[1:] + loop[:1], strict=True)}
    joined = [f for edge, f in _edge_faces(quads).items() if edge not in cut and len(f) == 2]
    pairs = np.array(joined)
    graph = sp.coo_matrix((np.ones(len(pairs)), pairs.T), (len(quads), len(quads)))
    _, label = sp.csgraph.connected_components(graph, directed=False)
    top = mesh.vertices[quads].mean(1)[:, 1].argmax()
    return np.flatnonzero(label == label[top])


def _triangulate(quads: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    # The shorter diagonal follows lids and lips better; rounding keeps left and right alike.
    corner = vertices[quads]
    first = np.linalg.norm(corner[:, 0] - corner[:, 2], axis=1).round(7)
    second = np.linalg.norm(corner[:, 1] - corner[:, 3], axis=1).round(7)
    a = np.where((first <= second)[:, None], quads, np.roll(quads, -1, 1))
    return np.stack([a[:, [0, 1, 2]], a[:, [0, 2, 3]]], 1).reshape(-1, 3)


def _mirror(vertices: np.ndarray, part: np.ndarray) -> np.ndarray:
    twin = np.array([0, 1, 2, 3, 5, 4])
    mirror = np.full(len(vertices), -1)
    for k in range(len(PARTS)):
        rows, others = np.flatnonzero(part == k), np.flatnonzero(part == twin[k])
        distance, nearest = cKDTree(vertices[others]).query(vertices[rows] * [-1, 1, 1])
        if distance.max() > 1e-6:
            raise SystemExit(f"{PARTS[k]} is not symmetric: off by {distance.max():.2e} m")
        mirror[rows] = others[nearest]
    if (mirror[mirror] != np.arange(len(mirror))).any():
        raise SystemExit("left and right vertices do not pair up one to one")
    return mirror
