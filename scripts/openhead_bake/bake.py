"""From the data of the wheel to the arrays of the head file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from manyfaces.detect.landmarks import POINTS_68_FROM_468
from manyfaces.geometry.closest import closest_points
from openhead_bake import expression, identity, norms, surface
from openhead_bake.makehuman import Source
from openhead_bake.topology import JOINTS, PARENTS, PARTS, Topology, build_topology

SEED = 20240229
N_HEADS, N_IDENTITY, N_MEASURED = 2400, 120, 1000
N_MIXES, N_EXPRESSION, N_SAMPLES = 20_000, 50, 4000


@dataclass(frozen=True)
class Baked:
    """The arrays of the file, and what the report needs."""

    arrays: dict[str, np.ndarray]
    explained_identity: np.ndarray
    explained_expression: np.ndarray
    measured: dict[str, np.ndarray]


def bake(source: Source) -> Baked:
    """Do all of it; about a minute."""
    topology = build_topology(source)
    n = topology.n_vertices
    charts = surface.quad_charts(source, topology)
    masks = surface.build_masks(source, topology, charts)
    uv, uv_faces = surface.build_atlas(source, topology, charts)
    base = topology.base
    weights = row_weights(topology, base, masks)

    rng = np.random.Generator(np.random.PCG64(SEED))
    heads = identity.draw_heads(source, topology, rng, N_HEADS)
    skull = weights * np.concatenate([masks["skin"] & ~masks["neck"] & ~masks["ears"], np.zeros(len(JOINTS), bool)])
    people = identity.principal_components(identity.align_heads(heads, skull), topology.mirror, weights, N_IDENTITY)

    skinning = skinning_weights(source, topology)
    arkit, own = expression.load_units(source, topology)
    jaw_weight = np.concatenate([skinning[:, 2], np.zeros(len(JOINTS))])
    teeth = np.flatnonzero(topology.part == PARTS.index("lower_teeth"))
    jaw, _ = expression.jaw_correctives(arkit, base, base[n + JOINTS.index("jaw")], jaw_weight, teeth)
    mixed = expression.mixed_units(arkit, own)
    active, jaws = expression.draw_activations(mixed.names, rng, N_MIXES)
    lips = np.flatnonzero(masks["lips"])
    fine = expression.lips_meet(mixed, active, jaws, base, lips, jaw_weight)
    active, jaws = active[fine], jaws[fine]
    faces = expression.expression_basis(mixed, active, jaws, weights, N_EXPRESSION, N_SAMPLES)

    origin = people.mean[n + JOINTS.index("head")]
    template = people.mean - origin
    correctives = np.zeros((9 * (len(JOINTS) - 1), n, 3))
    correctives[9 * (JOINTS.index("jaw") - 1) :][:9] = jaw[:, :n]
    half, single = np.float16, np.float32
    arrays = {
        "template": template[:n].astype(single),
        "identity_basis": people.basis[:, :n].astype(half),
        "expression_basis": faces.basis[:, :n].astype(half),
        "unit_names": np.array(arkit.names),
        "unit_shapes": arkit.shapes[:, :n].astype(half),
        "faces": topology.faces.astype(np.int32),
        "joint_names": np.array(JOINTS),
        "joint_parents": np.array(PARENTS, np.int32),
        "joint_template": template[n:].astype(single),
        "joint_identity_basis": people.basis[:, n:].astype(single),
        "skinning_weights": skinning.astype(single),
        "pose_correctives": correctives.astype(half),
        "uv": uv.astype(single),
        "uv_faces": uv_faces.astype(np.int32),
        "albedo": surface.build_albedo(source, topology, charts, masks).astype(half),
        "expression_samples": faces.samples.astype(half),
        "jaw_samples": faces.jaws.astype(half),
    }
    arrays |= {f"mask_{name}": mask for name, mask in masks.items()}
    arrays |= landmark_arrays(Path(__file__).parent, arrays)
    callipers = norms.Callipers(source, topology, charts, masks)
    drawn = rng.standard_normal((N_MEASURED, N_IDENTITY))
    return Baked(
        arrays, people.explained, faces.explained, callipers.measure(people.mean + np.tensordot(drawn, people.basis, 1))
    )


def landmark_arrays(folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Landmark embeddings: the 468 points fitted to this mesh, and the usual 68 that follow from them."""
    path = folder / "points_468.npz"
    if not path.is_file():
        return {}
    points = np.load(path)
    face_ids, barycentrics = points["face_ids"].astype(np.int32), points["barycentrics"].astype(np.float32)
    found = {"landmarks_468_face_ids": face_ids, "landmarks_468_barycentrics": barycentrics}
    # Some of the 68 lie between two of the 468: take their mean down to the nearest skin.
    template = torch.tensor(arrays["template"], dtype=torch.float64)
    skin = np.flatnonzero(arrays["mask_face"][arrays["faces"]].all(1) | arrays["mask_ears"][arrays["faces"]].any(1))
    corners = template[torch.tensor(arrays["faces"][face_ids], dtype=torch.long)]
    placed = (corners * torch.tensor(barycentrics, dtype=torch.float64)[..., None]).sum(1)
    wanted = torch.tensor(POINTS_68_FROM_468, dtype=torch.float64) @ placed
    nearest = closest_points(wanted, template, torch.tensor(arrays["faces"][skin], dtype=torch.long)).surface
    found["landmarks_68_face_ids"] = skin[nearest.face_ids.numpy()].astype(np.int32)
    found["landmarks_68_barycentrics"] = nearest.barycentrics.numpy().astype(np.float32)
    same = POINTS_68_FROM_468.max(1) == 1
    one = POINTS_68_FROM_468.argmax(1)[same]
    found["landmarks_68_face_ids"][same] = face_ids[one]
    found["landmarks_68_barycentrics"][same] = barycentrics[one]
    return found


def row_weights(topology: Topology, base: np.ndarray, masks: dict[str, np.ndarray]) -> np.ndarray:
    """Share (R,) of each row in variances: surface area, more on the face, little where nobody looks; sums to 1."""
    n = topology.n_vertices
    a, b, c = (base[topology.faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
    weight = np.bincount(topology.faces.ravel(), np.repeat(area, 3), n)
    weight *= np.where(masks["front"], 3.0, np.where(masks["skin"], 1.0, 0.1))
    weight = (weight + weight[topology.mirror[:n]]) / 2
    return np.concatenate([weight / weight.sum(), np.zeros(len(JOINTS))])


def skinning_weights(source: Source, topology: Topology) -> np.ndarray:
    """Weights (V, J) of our five joints from the rig's many bones."""
    bones = source.bone_weights()
    to_joint = dict.fromkeys(bones, "neck")
    for name in bones:
        line = [name]
        while line[-1]:
            line.append(source.bones[line[-1]])
        if "jaw" in line:
            to_joint[name] = "jaw"
        elif "head" in line:
            to_joint[name] = {"eye.L": "left_eye", "eye.R": "right_eye"}.get(name, "head")
    rows = topology.rows[: topology.n_vertices]
    columns = {joint: np.zeros(rows.shape[0]) for joint in JOINTS}
    for name, weight in bones.items():
        # The upper neck bones share a turn of the head out along the neck.
        share = {"neck02": 1 / 3, "neck03": 2 / 3}.get(name, 0.0)
        column = rows @ weight
        columns[to_joint[name]] += (1 - share) * column
        columns["head"] += share * column
    for part, joint in (
        ("left_eye", "left_eye"),
        ("right_eye", "right_eye"),
        ("upper_teeth", "head"),
        ("lower_teeth", "jaw"),
    ):
        here = topology.part == PARTS.index(part)
        for name in JOINTS:
            columns[name][here] = float(name == joint)
    skin = topology.part == 0
    for eye in ("left_eye", "right_eye"):  # lids and sockets stay when the eye turns
        columns["head"][skin] += columns[eye][skin]
        columns[eye][skin] = 0
    table = np.stack([columns[name] for name in JOINTS], 1).clip(0)
    return table / table.sum(1, keepdims=True)
