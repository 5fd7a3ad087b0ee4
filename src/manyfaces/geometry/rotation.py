"""Rotations as matrices, axis-angle vectors and head angles."""

import torch
from jaxtyping import Float
from torch import Tensor

# Below this squared angle the closed forms lose digits and their derivatives divide by zero; the series is exact there.
_SMALL_SQUARED_ANGLE = 1e-4


def matrix_from_axis_angle(axis_angle: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 3 3"]:
    """Rotation matrices of axis-angle vectors (Rodrigues' formula), with a finite gradient at zero.

    Args:
        axis_angle: unit axis times angle, radians.

    Returns:
        Matrices that rotate column vectors.
    """
    x, y, z = axis_angle.unbind(-1)
    squared = x * x + y * y + z * z
    small = squared < _SMALL_SQUARED_ANGLE
    safe = torch.where(small, torch.ones_like(squared), squared)
    angle = safe.sqrt()
    sine = torch.where(small, 1 - squared / 6 + squared**2 / 120, angle.sin() / angle)
    # (1 - cos a) / a^2 written with the half angle: no cancellation in float32.
    versine = torch.where(small, 0.5 - squared / 24 + squared**2 / 720, 2 * ((angle / 2).sin() / angle) ** 2)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    outer = axis_angle[..., :, None] * axis_angle[..., None, :]
    squared_cross = outer - squared[..., None, None] * identity
    return identity + sine[..., None, None] * cross + versine[..., None, None] * squared_cross


def quaternion_from_matrix(rotation: Float[Tensor, "*B 3 3"]) -> Float[Tensor, "*B 4"]:
    """Unit quaternions of rotation matrices.

    Args:
        rotation: proper rotation matrices.

    Returns:
        w, x, y, z with w not negative.
    """
    m = [[rotation[..., i, j] for j in range(3)] for i in range(3)]
    # Each row is the quaternion (w, x, y, z) times four times one of its parts; the largest part is never small.
    rows = [
        [1 + m[0][0] + m[1][1] + m[2][2], m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]],
        [m[2][1] - m[1][2], 1 + m[0][0] - m[1][1] - m[2][2], m[1][0] + m[0][1], m[2][0] + m[0][2]],
        [m[0][2] - m[2][0], m[1][0] + m[0][1], 1 - m[0][0] + m[1][1] - m[2][2], m[2][1] + m[1][2]],
        [m[1][0] - m[0][1], m[2][0] + m[0][2], m[2][1] + m[1][2], 1 - m[0][0] - m[1][1] + m[2][2]],
    ]
    candidates = torch.stack([torch.stack(row, -1) for row in rows], -2)
    best = candidates.diagonal(dim1=-2, dim2=-1).argmax(-1)
    row = candidates.gather(-2, best[..., None, None].expand(*best.shape, 1, 4)).squeeze(-2)
    quaternion = row / row.norm(dim=-1, keepdim=True)
    return torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)


def axis_angle_from_matrix(rotation: Float[Tensor, "*B 3 3"]) -> Float[Tensor, "*B 3"]:
    """Axis-angle vectors of rotation matrices, angle in [0, pi], through the unit quaternion.

    Args:
        rotation: proper rotation matrices.

    Returns:
        Unit axis times angle, radians; at exactly pi one of the two equal axes.
    """
    quaternion = quaternion_from_matrix(rotation)
    real, vector = quaternion[..., 0], quaternion[..., 1:]
    squared = vector.square().sum(-1)
    small = squared < _SMALL_SQUARED_ANGLE
    length = torch.where(small, torch.ones_like(squared), squared).sqrt()
    # angle / sin(angle / 2); near zero its series in sin^2.
    factor = torch.where(small, 2 + squared / 3 + 3 * squared**2 / 20, 2 * torch.atan2(length, real) / length)
    return factor[..., None] * vector


def matrix_from_euler(
    yaw: Float[Tensor, "*B"], pitch: Float[Tensor, "*B"], roll: Float[Tensor, "*B"]
) -> Float[Tensor, "*B 3 3"]:
    """Rotations of a head in the head frame: first roll, then pitch, then yaw.

    Args:
        yaw: radians; positive turns the face to the subject's left (z towards +x).
        pitch: radians; positive lifts the face (z towards +y).
        roll: radians; positive tilts the crown to the subject's left shoulder (y towards +x).

    Returns:
        Matrices turned_from_frontal, both in the head frame.
    """
    zero, one = torch.zeros_like(yaw), torch.ones_like(yaw)

    def matrix(*entries: Tensor) -> Tensor:
        return torch.stack(entries, -1).unflatten(-1, (3, 3))

    about_y = matrix(yaw.cos(), zero, yaw.sin(), zero, one, zero, -yaw.sin(), zero, yaw.cos())
    about_x = matrix(one, zero, zero, zero, pitch.cos(), pitch.sin(), zero, -pitch.sin(), pitch.cos())
    about_z = matrix(roll.cos(), roll.sin(), zero, -roll.sin(), roll.cos(), zero, zero, zero, one)
    return about_y @ about_x @ about_z


def project_to_rotation(matrix: Float[Tensor, "*B D D"]) -> Float[Tensor, "*B D D"]:
    """The rotation nearest to each matrix in the Frobenius norm (Kabsch), never a reflection.

    Args:
        matrix: square matrices, D = 2 or 3.

    Returns:
        Matrices with determinant +1.
    """
    left, _, right = torch.linalg.svd(matrix)
    sign = torch.linalg.det(left @ right).sign()
    flip = torch.ones_like(matrix[..., 0])
    flip = torch.cat([flip[..., :-1], sign[..., None]], -1)
    return (left * flip[..., None, :]) @ right
