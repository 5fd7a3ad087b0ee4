import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from manyfaces.geometry import (
    axis_angle_from_matrix,
    matrix_from_axis_angle,
    matrix_from_euler,
    project_to_rotation,
    quaternion_from_matrix,
)

angles = st.floats(-3.1, 3.1)


def test_quarter_turn_about_z():
    rotation = matrix_from_axis_angle(torch.tensor([0.0, 0.0, math.pi / 2]))
    torch.testing.assert_close(rotation @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]))


@pytest.mark.parametrize("length", [0.0, 1e-12, 1e-4, 9.9e-3, 1.01e-2, 1.0, 3.0])
def test_matches_matrix_exponential(length):
    axis = torch.tensor([0.6, -0.64, 0.48], dtype=torch.float64)
    x, y, z = (axis * length).tolist()
    cross = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
    torch.testing.assert_close(matrix_from_axis_angle(axis * length), torch.matrix_exp(cross), atol=1e-13, rtol=0)


@given(st.tuples(angles, angles, angles))
@settings(max_examples=50, deadline=None)
def test_axis_angle_round_trip(values):
    rotation = matrix_from_axis_angle(torch.tensor(values, dtype=torch.float64))
    back = axis_angle_from_matrix(rotation)
    assert back.norm() <= math.pi + 1e-9
    torch.testing.assert_close(matrix_from_axis_angle(back), rotation, atol=1e-10, rtol=0)


@given(st.tuples(angles, angles, angles))
def test_quaternions_agree_with_another_implementation(values):
    rotation = matrix_from_axis_angle(torch.tensor(values, dtype=torch.float64))
    x, y, z, w = Rotation.from_matrix(rotation.numpy()).as_quat(canonical=True)
    quaternion = quaternion_from_matrix(rotation)
    assert quaternion[0] >= 0
    assert abs(float(quaternion @ torch.tensor([w, x, y, z], dtype=torch.float64))) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("axis", [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [0.6, 0.8, 0], [-0.48, 0.6, 0.64]])
def test_half_turns_keep_their_axis(axis):
    axis = torch.tensor(axis, dtype=torch.float64)
    back = axis_angle_from_matrix(matrix_from_axis_angle(axis * math.pi))
    torch.testing.assert_close(back.norm().item(), math.pi)
    assert abs(float(back @ axis)) == pytest.approx(math.pi)


def test_gradients_are_right_and_finite_at_zero():
    for start in ([0.0, 0.0, 0.0], [1e-3, 0.0, 0.0], [0.3, -2.0, 1.0]):
        point = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(matrix_from_axis_angle, (point,))
    near = torch.tensor([0.0, 0.0, 0.0], dtype=torch.float64, requires_grad=True)
    jacobian = torch.autograd.functional.jacobian(lambda v: axis_angle_from_matrix(matrix_from_axis_angle(v)), near)
    torch.testing.assert_close(jacobian, torch.eye(3, dtype=torch.float64))


def test_head_turns_go_the_way_the_names_say():
    zero, some = torch.tensor(0.0), torch.tensor(0.3)
    gaze, crown = torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 1.0, 0.0])
    assert (matrix_from_euler(some, zero, zero) @ gaze)[0] > 0  # left
    assert (matrix_from_euler(zero, some, zero) @ gaze)[1] > 0  # up
    assert (matrix_from_euler(zero, zero, some) @ crown)[0] > 0  # left shoulder
    both = matrix_from_euler(some, some, some)
    torch.testing.assert_close(both @ both.T, torch.eye(3))
    assert torch.linalg.det(both) > 0


@pytest.mark.parametrize("dims", [2, 3])
def test_projection_is_the_nearest_rotation(dims):
    generator = torch.Generator().manual_seed(0)
    matrices = torch.randn(64, dims, dims, generator=generator, dtype=torch.float64)
    nearest = project_to_rotation(matrices)
    eye = torch.eye(dims, dtype=torch.float64)
    torch.testing.assert_close(nearest.mT @ nearest, eye.expand_as(nearest))
    torch.testing.assert_close(torch.linalg.det(nearest), torch.ones(64, dtype=torch.float64))
    gap = (nearest - matrices).square().sum((-1, -2))
    others = project_to_rotation(nearest + 0.1 * torch.randn(64, dims, dims, generator=generator, dtype=torch.float64))
    assert ((others - matrices).square().sum((-1, -2)) >= gap).all()
    torch.testing.assert_close(project_to_rotation(nearest), nearest)
