"""Closed forms on a small made-up head."""

import math

import numpy as np
import pytest
import torch

from manyfaces.core.errors import ChoiceError, HeadFileError, InputError
from manyfaces.heads import HeadData, HeadModel, LandmarkEmbedding


def small_head(seed: int = 0, correctives: bool = True, **changes) -> HeadData:
    """Ten vertices, three joints in a chain; vertex 0 hangs on the root, 1 on the head, 2 on the jaw alone."""
    rng = np.random.default_rng(seed)
    weights = rng.random((10, 3))
    weights[:3] = np.eye(3)
    pose = rng.normal(size=(18, 10, 3)) * 0.01 * correctives
    pose[:, 1:3] = 0
    corners = np.array([[0.5, 0.25, 0.25], [1, 0, 0]], np.float32)
    fields = {
        "name": "small",
        "template": rng.normal(size=(10, 3)),
        "identity_basis": rng.normal(size=(4, 10, 3)),
        "expression_basis": rng.normal(size=(3, 10, 3)),
        "unit_names": ("jawOpen",),
        "unit_shapes": rng.normal(size=(1, 10, 3)),
        "faces": np.array([[0, 1, 2], [3, 4, 5]], np.int32),
        "joint_names": ("neck", "head", "jaw"),
        "joint_parents": np.array([-1, 0, 1], np.int32),
        "joint_template": rng.normal(size=(3, 3)),
        "joint_identity_basis": rng.normal(size=(4, 3, 3)),
        "skinning_weights": weights / weights.sum(1, keepdims=True),
        "pose_correctives": pose,
        "uv": np.zeros((0, 2)),
        "uv_faces": np.zeros((0, 3), np.int32),
        "landmarks": {"68": LandmarkEmbedding(np.array([1, 0], np.int32), corners)},
        "masks": {"front": np.arange(10) < 4},
    }
    fields |= changes
    single = {k: v.astype(np.float32) for k, v in fields.items() if getattr(v, "dtype", None) == np.float64}
    return HeadData(**(fields | single))


@pytest.fixture
def head() -> HeadModel:
    return HeadModel(small_head())


def rotation(axis_angle: list[float]) -> torch.Tensor:
    x, y, z = axis_angle
    return torch.matrix_exp(torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]]))


def test_zero_is_the_template(head: HeadModel) -> None:
    assert torch.equal(head(torch.zeros(4)), head.template)
    assert torch.equal(head(torch.zeros(2, 0)), head.template.expand(2, -1, -1))
    posed = head(torch.zeros(4), torch.zeros(3), torch.zeros(3, 3))
    torch.testing.assert_close(posed, head.template, rtol=0, atol=1e-6)


def test_at_rest_heads_are_linear(head: HeadModel) -> None:
    a, b, e = torch.randn(4), torch.randn(4), torch.randn(3)
    shape = lambda i, e: head(i, e) - head.template  # noqa: E731
    torch.testing.assert_close(shape(2 * a + b, e), 2 * shape(a, 0 * e) + shape(b, e), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(shape(torch.eye(4)[2], 0 * e), head.identity_basis[2])
    torch.testing.assert_close(shape(0 * a, torch.eye(3)[1]), head.expression_basis[1])


def test_short_coefficients_mean_zeros_after_them(head: HeadModel) -> None:
    i, e, p = torch.randn(2), torch.randn(1), 0.3 * torch.randn(2, 3)
    full = head(torch.cat([i, torch.zeros(2)]), torch.cat([e, torch.zeros(2)]), torch.cat([p, torch.zeros(1, 3)]))
    torch.testing.assert_close(head(i, e, p), full)


def test_the_jaw_turns_its_own_vertex_about_its_joint(head: HeadModel) -> None:
    identity, turn = torch.randn(4), [0.3, -0.1, 0.2]
    rest, joint = head(identity), head.joints(identity)[2]
    posed = head(identity, None, head.jaw_pose(torch.tensor(turn)))
    torch.testing.assert_close(posed[2], rotation(turn) @ (rest[2] - joint) + joint, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(posed[1], rest[1], rtol=1e-4, atol=1e-4)  # the head's own vertex stays


def test_turns_follow_the_chain(head: HeadModel) -> None:
    identity, turns = torch.randn(4), [[0.4, 0.0, 0.1], [0.0, -0.5, 0.2], [0.3, 0.1, 0.0]]
    rest, joints = head(identity), head.joints(identity)
    posed = head(identity, None, torch.tensor(turns))
    a, b, c = (rotation(turn) for turn in turns)
    at_head = joints[0] + a @ (joints[1] - joints[0])
    at_jaw = at_head + a @ b @ (joints[2] - joints[1])
    torch.testing.assert_close(posed[1], at_head + a @ b @ (rest[1] - joints[1]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(posed[2], at_jaw + a @ b @ c @ (rest[2] - joints[2]), rtol=1e-4, atol=1e-4)


def test_root_pose_moves_the_head_rigidly() -> None:
    head = HeadModel(small_head(correctives=False))
    rest, joint = head(torch.ones(4)), head.joints(torch.ones(4))[0]
    posed = head(torch.ones(4), None, torch.tensor([[0.5, 1.0, -0.3]]))
    expected = (rest - joint) @ rotation([0.5, 1.0, -0.3]).T + joint
    torch.testing.assert_close(posed, expected, rtol=1e-4, atol=1e-4)


def test_correctives_are_linear_in_the_rotation_matrix() -> None:
    data = small_head()
    head, bare = HeadModel(data), HeadModel(small_head(correctives=False))
    pose = torch.zeros(3, 3)
    pose[2, 0] = 0.4
    feature = (rotation([0.4, 0, 0]) - torch.eye(3)).flatten()
    shift = torch.einsum("k,kvc->vc", feature, torch.tensor(data.pose_correctives[9:]))
    moved = HeadModel(small_head(correctives=False, template=data.template + shift.numpy()))
    zero = torch.zeros(4)
    torch.testing.assert_close(head(zero, None, pose), moved(zero, None, pose), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(head(zero, None, pose), bare(zero, None, pose), atol=1e-4)


def test_joints_move_with_identity_and_where_asked_with_expression(head: HeadModel) -> None:
    identity, expression = torch.randn(5, 4), torch.randn(5, 3)
    expected = head.joint_template + torch.einsum("bs,sjc->bjc", identity, head.joint_identity_basis)
    torch.testing.assert_close(head.joints(identity, expression), expected)
    extra = np.random.default_rng(1).normal(size=(3, 3, 3))
    flame = HeadModel(small_head(joint_expression_basis=extra))
    expected = expected + torch.einsum("bs,sjc->bjc", expression, torch.tensor(extra, dtype=torch.float32))
    torch.testing.assert_close(flame.joints(identity, expression), expected)


def test_a_batch_equals_a_loop(head: HeadModel) -> None:
    i, e, p = torch.randn(2, 3, 4), torch.randn(2, 3, 3), 0.5 * torch.randn(2, 3, 3, 3)
    batch = head(i, e, p)
    for row in range(2):
        for column in range(3):
            one = head(i[row, column], e[row, column], p[row, column])
            torch.testing.assert_close(batch[row, column], one, rtol=1e-4, atol=1e-4)


def test_gradients() -> None:
    head = HeadModel(small_head()).double()
    inputs = [torch.randn(2, 4), torch.randn(2, 3), 0.5 * torch.randn(2, 3, 3)]
    inputs = [x.double().requires_grad_() for x in inputs]
    assert torch.autograd.gradcheck(lambda i, e, p: head(i, e, p), inputs)
    at_rest = [inputs[0], inputs[1], torch.zeros(2, 3, 3, dtype=torch.float64, requires_grad=True)]
    assert torch.autograd.gradcheck(lambda i, e, p: head(i, e, p), at_rest)


def test_landmarks_and_masks(head: HeadModel) -> None:
    vertices = torch.randn(2, 10, 3)
    points = head.landmarks(vertices, "68")
    torch.testing.assert_close(points[:, 0], 0.5 * vertices[:, 3] + 0.25 * vertices[:, 4] + 0.25 * vertices[:, 5])
    torch.testing.assert_close(points[:, 1], vertices[:, 0])
    assert head.mask("front").sum() == 4


def test_unknown_names_list_the_valid_ones(head: HeadModel) -> None:
    with pytest.raises(ChoiceError, match="68"):
        head.landmarks(head.template, "469")
    with pytest.raises(ChoiceError, match="front"):
        head.mask("nose")


def test_too_many_coefficients_or_joints(head: HeadModel) -> None:
    with pytest.raises(InputError, match="5 identity"):
        head(torch.zeros(5))
    with pytest.raises(InputError, match="4 expression"):
        head(torch.zeros(4), torch.zeros(4))
    with pytest.raises(InputError, match="4 joints"):
        head(torch.zeros(4), None, torch.zeros(4, 3))


def test_sizes_and_state(head: HeadModel) -> None:
    assert (head.n_identity, head.n_expression, head.n_joints, head.n_vertices) == (4, 3, 3, 10)
    assert head.faces.dtype == torch.long
    assert not head.state_dict()  # the arrays belong to the head file, never to a checkpoint
    assert math.isfinite(float(head(torch.ones(4)).sum()))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"skinning_weights": np.zeros((9, 3))}, "skinning_weights"),
        ({"identity_basis": np.zeros((4, 9, 3))}, "identity_basis"),
        ({"template": np.full((10, 3), np.inf)}, "finite"),
        ({"faces": np.array([[0, 1, 10]], np.int32)}, "faces"),
        ({"joint_parents": np.array([-1, 2, 1], np.int32)}, "tree"),
        ({"joint_names": ("a", "b")}, "names"),
    ],
)
def test_arrays_that_do_not_fit(changes: dict, match: str) -> None:
    with pytest.raises((HeadFileError, TypeError), match=match):  # the shape checker of the tests may come first
        small_head(**changes)
