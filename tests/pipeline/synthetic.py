"""A reconstruction made of a small synthetic head, for tests that need one."""

import numpy as np
import torch
import trimesh

from manyfaces.geometry.camera import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera
from manyfaces.heads import HeadData, HeadModel
from manyfaces.pipeline.result import Reconstruction

N_IDENTITY, N_EXPRESSION = 4, 3


def ball_head(with_extras=True):
    """A ball of 162 vertices with a radius of 10 cm: identity scales it, expressions move one vertex each."""
    sphere = trimesh.creation.icosphere(subdivisions=2, radius=0.1)
    template = np.asarray(sphere.vertices, dtype=np.float32)
    n = len(template)
    identity = np.zeros((N_IDENTITY, n, 3), dtype=np.float32)
    identity[0] = template * 0.1
    expression = np.zeros((N_EXPRESSION, n, 3), dtype=np.float32)
    for k in range(N_EXPRESSION):
        expression[k, k, 0] = 0.01
    weights = np.zeros((n, 2), dtype=np.float32)
    weights[:, 0] = 1.0
    faces = np.asarray(sphere.faces, dtype=np.int32)
    return HeadData(
        name="ball",
        template=template,
        identity_basis=identity,
        expression_basis=expression,
        unit_names=(),
        unit_shapes=np.zeros((0, n, 3), dtype=np.float32),
        faces=faces,
        joint_names=("neck", "jaw"),
        joint_parents=np.array([-1, 0], dtype=np.int32),
        joint_template=np.zeros((2, 3), dtype=np.float32),
        joint_identity_basis=np.zeros((N_IDENTITY, 2, 3), dtype=np.float32),
        skinning_weights=weights,
        pose_correctives=np.zeros((9, n, 3), dtype=np.float32),
        uv=template[:, :2] * 5 + 0.5 if with_extras else np.zeros((0, 2), dtype=np.float32),
        uv_faces=faces if with_extras else np.zeros((0, 3), dtype=np.int32),
        masks={"front": template[:, 2] > 0} if with_extras else {},
        albedo=np.clip(template * 4 + 0.5, 0, 1) if with_extras else None,
    )


def ball_reconstruction(n_hypotheses=3, perspective=True, with_mask=True, head=None, **changes):
    """Six sampled identities, order reversed; all hypotheses have the best identity unless told otherwise."""
    head = head or HeadModel(ball_head())
    rng = np.random.default_rng(0)
    turn = HEAD_TO_CAMERA.expand(n_hypotheses, 3, 3)
    if perspective:
        cameras = PerspectiveCamera(
            torch.full((n_hypotheses,), 300.0),
            torch.tensor([[80.0, 60.0]]).expand(n_hypotheses, 2),
            turn,
            torch.tensor([[0.0, 0.0, 0.8]]).expand(n_hypotheses, 3),
        )
    else:
        cameras = OrthographicCamera(
            torch.full((n_hypotheses,), 400.0), turn, torch.tensor([[80.0, 60.0]]).expand(n_hypotheses, 2)
        )
    mask = np.zeros((120, 160), dtype=bool)
    mask[70:110, 50:110] = True
    angle = np.linspace(0, 2 * np.pi, 468)
    values = dict(
        head=head,
        identities=torch.linspace(0, 0.5, 6)[:, None] * torch.eye(1, N_IDENTITY),
        order=torch.arange(5, -1, -1),
        scores=torch.arange(6.0),
        identity_index=torch.full((n_hypotheses,), 5),
        expressions=torch.tensor(rng.normal(size=(n_hypotheses, N_EXPRESSION)), dtype=torch.float32),
        jaw=torch.zeros(n_hypotheses, 3),
        cameras=cameras,
        photo=rng.integers(0, 255, (120, 160, 3), dtype=np.uint8),
        visible=np.arange(468) < 300,
        points_px=np.stack([80 + 30 * np.cos(angle), 60 + 35 * np.sin(angle)], 1).astype(np.float32),
        hidden_mask=mask if with_mask else None,
        face_box=np.array([50.0, 25.0, 110.0, 95.0], dtype=np.float32),
        model="fake",
        seed=7,
        timings={"identities": 0.25},
    )
    return Reconstruction(**{**values, **changes})
