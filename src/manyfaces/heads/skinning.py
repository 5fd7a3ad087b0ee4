"""Linear blend skinning with pose correctives."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.geometry.rotation import matrix_from_axis_angle


def pose_vertices(
    vertices: Float[Tensor, "*B V 3"],
    joints: Float[Tensor, "*B J 3"],
    pose: Float[Tensor, "*B J2 3"],
    parents: tuple[int, ...],
    skinning_weights: Float[Tensor, "V J"],
    pose_correctives: Float[Tensor, "P V 3"],
    corrective_rows: Int[Tensor, " P"],
) -> Float[Tensor, "*B V 3"]:
    """Add the pose correctives, then turn each joint with everything that hangs on it.

    Args:
        vertices: at rest, metres.
        joints: at rest, metres.
        pose: axis-angle of the first J2 <= J joints, radians; the rest stay.
        parents: parent of each joint, -1 for joint 0.
        skinning_weights: rows sum to one.
        pose_correctives: displacement per entry of R_j - I (row-major, joints 1 to J - 1), only some entries.
        corrective_rows: which entries these are.

    Returns:
        Posed vertices. Source: SMPL / FLAME (Loper et al. 2015, equations 2 to 4 and 9).
    """
    batch, n_joints = pose.shape[:-2], len(parents)
    rotation = matrix_from_axis_angle(pose)
    if pose.shape[-2] < n_joints:
        rest = torch.eye(3, dtype=pose.dtype, device=pose.device).expand(*batch, n_joints - pose.shape[-2], 3, 3)
        rotation = torch.cat([rotation, rest], dim=-3)
    if len(corrective_rows):
        identity = torch.eye(3, dtype=pose.dtype, device=pose.device)
        feature = (rotation[..., 1:, :, :] - identity).flatten(-3)[..., corrective_rows]
        vertices = vertices + (feature @ pose_correctives.flatten(1)).unflatten(-1, pose_correctives.shape[1:])
    turns, moves = [], []
    for j, parent in enumerate(parents):
        if parent < 0:
            turns.append(rotation[..., j, :, :])
            moves.append(joints[..., j, :])
            continue
        bone = (joints[..., j, :] - joints[..., parent, :])[..., None]
        turns.append(turns[parent] @ rotation[..., j, :, :])
        moves.append((turns[parent] @ bone)[..., 0] + moves[parent])
    turn, move = torch.stack(turns, -3), torch.stack(moves, -2)
    # x -> R_j (x - joint_j) + moved joint_j, blended over joints
    shift = move - (turn @ joints[..., None])[..., 0]
    blended = torch.einsum("vj,...jkl->...vkl", skinning_weights, turn)
    return (blended @ vertices[..., None])[..., 0] + torch.einsum("vj,...jk->...vk", skinning_weights, shift)
