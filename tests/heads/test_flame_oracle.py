"""Beside `smplx`, the FLAME layer that everyone uses, on random models of the true shapes."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from manyfaces.heads import HeadModel
from manyfaces.io.flame_files import read_flame

smplx = pytest.importorskip("smplx")

N_VERTICES, N_FACES = 5023, 9976


@pytest.fixture(scope="module")
def folder(stand_in, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flame")
    stand_in.write_pickle(folder / "FLAME_NEUTRAL.pkl", stand_in.model_arrays(N_VERTICES, N_FACES))
    stand_in.write_static(folder)
    stand_in.write_dynamic(folder)
    return folder


@pytest.fixture(scope="module")
def ours(folder: Path) -> HeadModel:
    names = ("FLAME_NEUTRAL.pkl", "flame_static_embedding.pkl", "flame_dynamic_embedding.npy")
    return HeadModel(read_flame([folder / name for name in names], "flame20"))


@pytest.fixture(scope="module")
def theirs(folder: Path) -> torch.nn.Module:
    return smplx.FLAME(str(folder), num_betas=300, num_expression_coeffs=100, batch_size=2, use_face_contour=True)


def poses(seed: int, *turned: int) -> torch.Tensor:
    pose = torch.zeros(2, 5, 3)
    pose[:, list(turned)] = 0.5 * torch.randn(2, len(turned), 3, generator=torch.Generator().manual_seed(seed))
    return pose


def output(theirs: torch.nn.Module, identity: torch.Tensor, expression: torch.Tensor, pose: torch.Tensor):
    root, neck, jaw, left, right = (pose[:, joint] for joint in range(5))
    return theirs(
        betas=identity,
        expression=expression,
        global_orient=root,
        neck_pose=neck,
        jaw_pose=jaw,
        leye_pose=left,
        reye_pose=right,
    )


@pytest.mark.parametrize("turned", [(), (0,), (1,), (2,), (3,), (4,), (0, 1, 2, 3, 4)])
def test_vertices_and_landmarks(ours: HeadModel, theirs: torch.nn.Module, turned: tuple[int, ...]) -> None:
    rng = torch.Generator().manual_seed(len(turned))
    identity, expression = torch.randn(2, 300, generator=rng), torch.randn(2, 100, generator=rng)
    pose = poses(7, *turned)
    with torch.no_grad():
        expected, vertices = output(theirs, identity, expression, pose), ours(identity, expression, pose)
    torch.testing.assert_close(vertices, expected.vertices, rtol=0, atol=1e-5)
    torch.testing.assert_close(ours.landmarks(vertices, "51"), expected.joints[:, 5:56], rtol=0, atol=1e-5)


def test_each_expression_coefficient_is_its_own(ours: HeadModel, theirs: torch.nn.Module) -> None:
    for first, last in ((0, 1), (98, 99)):
        expression = torch.zeros(2, 100)
        expression[0, first], expression[1, last] = 1, -1
        with torch.no_grad():
            expected = output(theirs, torch.zeros(2, 300), expression, poses(3, 2))
            found = ours(torch.zeros(2, 300), expression, poses(3, 2))
        torch.testing.assert_close(found, expected.vertices, rtol=0, atol=1e-5)


@pytest.mark.parametrize("yaw_deg", [0.0, 10.0, 39.0, 75.0, -1.0, -25.0, -70.0])
def test_the_jaw_line(ours: HeadModel, theirs: torch.nn.Module, yaw_deg: float) -> None:
    # smplx takes the row of the opposite turn: with true FLAME its jaw line lies on the hidden side of the face.
    pose = torch.zeros(2, 5, 3)
    pose[:, 0, 1] = -torch.tensor(yaw_deg).deg2rad()
    with torch.no_grad():
        expected = output(theirs, torch.zeros(2, 300), torch.zeros(2, 100), pose)
        vertices = ours(torch.zeros(2, 300), None, pose)
    found = ours.contour(vertices, torch.full((2,), yaw_deg).deg2rad())
    torch.testing.assert_close(found, expected.joints[:, 56:], rtol=0, atol=1e-5)


def test_a_joint_that_moves_with_expression_matters(ours: HeadModel) -> None:
    # If the joints ignored expression, as those of the open head do, the oracle would notice: by more than 1e-5.
    fixed = HeadModel(dataclasses.replace(ours.data, joint_expression_basis=None))
    expression, pose = torch.ones(1, 100), poses(1, 2)[:1]
    assert (ours(torch.zeros(1, 1), expression, pose) - fixed(torch.zeros(1, 1), expression, pose)).abs().max() > 1e-4


def test_gradients_agree(ours: HeadModel, theirs: torch.nn.Module) -> None:
    found, expected = [], []
    for grads, call in ((found, ours), (expected, None)):
        identity, expression, pose = torch.full((2, 300), 0.1), torch.full((2, 100), 0.2), poses(5, 0, 1, 2)
        leaves = [tensor.requires_grad_() for tensor in (identity, expression, pose)]
        vertices = call(*leaves) if call else output(theirs, *leaves).vertices
        weights = torch.from_numpy(np.random.default_rng(0).normal(size=(N_VERTICES, 3))).float()
        grads += torch.autograd.grad((vertices * weights).sum(), leaves)
    for mine, other in zip(found[:2], expected[:2], strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(found[2][:, :3], expected[2][:, :3], rtol=1e-3, atol=1e-2)
