"""Our head model on random arrays of FLAME's shapes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.bench.vectors.comparison import EQUAL, Comparison, Tolerance, compare, worst
from manyfaces.bench.vectors.folder import VectorSet
from manyfaces.bench.vectors.networks import head_checksums
from manyfaces.bench.vectors.rule import N_JOINTS, N_SHAPE, PARENTS
from manyfaces.heads import HeadData, HeadModel, pose_vertices

SINGLE, DOUBLE = Tolerance(1e-6), Tolerance(1e-8)
N_EXPRESSION = 50


def check_head(vectors: VectorSet) -> list[Comparison]:
    """All cases, in float32 and in float64."""
    arrays, theirs = vectors.head_arrays(), vectors.arrays("flame")
    model = HeadModel(head_data(arrays))
    inputs = {
        "shape": vectors.input("flame.shape", 2, 300),
        "expression": vectors.input("flame.expression", 2, 100),
        "pose": 0.5 * vectors.input("flame.pose", 2, 15),
        "jaw": 0.3 * vectors.input("flame.jaw", 2, 3),
    }
    result = [head_checksums(vectors, arrays)]
    result.append(worst("inputs", [compare("flame", "", ours, theirs[name], EQUAL) for name, ours in inputs.items()]))
    inputs["coefficients"] = torch.from_numpy(theirs["expgen_test.coefficients"])
    for suffix, tolerance in (("", SINGLE), ("_f64", DOUBLE)):
        if suffix:
            model, inputs = model.double(), {name: array.double() for name, array in inputs.items()}
        for case, arguments in _cases(model, inputs).items():
            result += _compare_case(model, case, arguments, theirs, suffix, tolerance)
    return result


def head_data(arrays: Mapping[str, Float[np.ndarray, "..."]]) -> HeadData:
    """Arrays named and shaped as in FLAME's file, as our head data; no surface."""
    template, directions = arrays["v_template"], np.moveaxis(arrays["shapedirs"], -1, 0)
    regressor = arrays["J_regressor"].astype(np.float64)
    joint_directions = np.einsum("jv,kvc->kjc", regressor, directions)
    empty = np.zeros((0, 3), np.int32)
    return HeadData(
        name="random",
        template=template,
        identity_basis=directions[:N_SHAPE],
        expression_basis=directions[N_SHAPE:],
        unit_names=(),
        unit_shapes=np.zeros((0, len(template), 3), np.float32),
        faces=empty,
        joint_names=("root", "neck", "jaw", "left_eye", "right_eye"),
        joint_parents=np.array(PARENTS),
        joint_template=regressor @ template,
        joint_identity_basis=joint_directions[:N_SHAPE],
        skinning_weights=arrays["weights"],
        pose_correctives=np.moveaxis(arrays["posedirs"], -1, 0),
        uv=np.zeros((0, 2), np.float32),
        uv_faces=empty,
        joint_expression_basis=joint_directions[N_SHAPE:],
    )


def _cases(model: HeadModel, inputs: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Identity, expression and pose of each case; the published test code poses half of the predicted jaw."""
    shape, expression = inputs["shape"], inputs["expression"]
    predicted, jaw = inputs["coefficients"].split([N_EXPRESSION, 3], -1)
    return {
        "full_pose": (shape, expression, inputs["pose"].unflatten(1, (N_JOINTS, 3))),
        "shape_only": (shape, torch.zeros_like(expression), shape.new_zeros(len(shape), N_JOINTS, 3)),
        "exp50_jaw": (shape, expression[:, :N_EXPRESSION], model.jaw_pose(inputs["jaw"])),
        "expgen_test": (shape, predicted, model.jaw_pose(0.5 * jaw)),
    }


def _compare_case(
    model: HeadModel,
    case: str,
    arguments: tuple[Tensor, Tensor, Tensor],
    theirs: Mapping[str, Any],
    suffix: str,
    tolerance: Tolerance,
) -> list[Comparison]:
    identity, expression, pose = arguments
    vertices = model(identity, expression, pose)
    rest = model.joints(identity, expression)
    # A point that hangs on one joint alone and lies in it goes where the joint goes.
    none = model.corrective_rows[:0]
    correctives = model.pose_correctives[none, :N_JOINTS]
    joints = pose_vertices(rest, rest, pose, model.joint_parents, torch.eye(N_JOINTS).to(rest), correctives, none)
    ours = {
        "vertices": vertices[:, theirs["vertex_index"]],
        "joints": joints,
        "rest_joints": rest,
        "vertex_mean": vertices.mean(1),
        "vertex_rms": vertices.square().mean(1).sqrt(),
    }
    names = [name for name in ours if f"{case}.{name}{suffix}" in theirs]
    return [compare("flame", f"{case}.{n}{suffix}", ours[n], theirs[f"{case}.{n}{suffix}"], tolerance) for n in names]
