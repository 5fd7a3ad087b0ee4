"""Fitting a head of FLAME's size to registrations: frames per CPU-second, and per second on a GPU if there is one."""

import time

import numpy as np
import torch

from benchmarks.lines import Line, figure
from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.heads import FitConfig, HeadData, HeadModel, fit_heads

VERTICES, IDENTITY, EXPRESSION = 5023, 300, 100
FRAMES_CPU, FRAMES_GPU = 4, 64


def random_head() -> HeadData:
    """Random numbers in FLAME's shapes; amplitudes fall off as those of principal components do."""
    rng = np.random.default_rng(0)
    outward = rng.normal(size=(VERTICES, 3))
    weights, regressor = rng.random((VERTICES, 5)) ** 12, rng.random((5, VERTICES)) ** 20
    regressor /= regressor.sum(1, keepdims=True)
    template = 0.1 * outward / np.linalg.norm(outward, axis=1, keepdims=True)
    bases = [
        0.003 * rng.normal(size=(n, VERTICES, 3)) / np.arange(1, n + 1)[:, None, None] ** 0.7
        for n in (IDENTITY, EXPRESSION)
    ]
    arrays = {
        "template": template,
        "identity_basis": bases[0],
        "expression_basis": bases[1],
        "unit_shapes": np.zeros((0, VERTICES, 3)),
        "joint_template": regressor @ template,
        "joint_identity_basis": np.einsum("jv,svc->sjc", regressor, bases[0]),
        "joint_expression_basis": np.einsum("jv,svc->sjc", regressor, bases[1]),
        "skinning_weights": weights / weights.sum(1, keepdims=True),
        "pose_correctives": 0.001 * rng.normal(size=(36, VERTICES, 3)),
        "uv": np.zeros((0, 2)),
    }
    return HeadData(
        name="random",
        unit_names=(),
        faces=np.array([[0, 1, 2]], np.int32),
        joint_names=("root", "neck", "jaw", "left_eye", "right_eye"),
        joint_parents=np.array([-1, 0, 1, 1, 1], np.int32),
        uv_faces=np.zeros((0, 3), np.int32),
        **{name: array.astype(np.float32) for name, array in arrays.items()},
    )


def measured(head: HeadModel, frames: int, known: bool) -> tuple[float, float, float]:
    """Seconds, CPU seconds, and the worst error of a coefficient."""
    generator = torch.Generator().manual_seed(0)
    normal = [
        torch.randn(*shape, generator=generator).to(head.template) for shape in ((1, IDENTITY), (frames, EXPRESSION))
    ]
    identity, expression = normal[0].expand(frames, -1), normal[1]
    pose, turn, move = (
        torch.randn(*s, generator=generator).to(head.template) for s in ((frames, 5, 3), (frames, 3), (frames, 3))
    )
    pose = 0.2 * pose * (torch.arange(5, device=pose.device) > 0)[:, None]
    vertices = head(identity, expression, pose) @ matrix_from_axis_angle(turn).mT + move[:, None]
    config = FitConfig(noise_m=0.0)
    fit_heads(head, vertices[:1], config, identity[:1] if known else None)
    clock, cpu = time.perf_counter(), time.process_time()
    fit = fit_heads(head, vertices, config, identity if known else None)
    worst = float((fit.expression - expression).abs().max())
    return time.perf_counter() - clock, time.process_time() - cpu, worst


def run() -> list[Line]:
    head, lines = HeadModel(random_head()), []
    for known, what in ((True, "identity known"), (False, "identity solved too")):
        _, cpu, worst = measured(head, FRAMES_CPU, known)
        lines.append(figure(f"fit_heads, {VERTICES} vertices, {what}: frames per CPU-second", FRAMES_CPU / cpu, ""))
        lines.append(
            figure(f"the same: worst error of an expression coefficient, float32 ({FRAMES_CPU} frames)", worst, "")
        )
    if torch.cuda.is_available():
        head = head.cuda()
        for known, what in ((True, "identity known"), (False, "identity solved too")):
            seconds, _, _ = measured(head, FRAMES_GPU, known)
            name = f"fit_heads, {what}, {torch.cuda.get_device_name()}: frames per second"
            lines.append(figure(name, FRAMES_GPU / seconds, ""))
    return lines
