"""A head of noise in a head model's true sizes, for timing where the model itself is not at hand."""

import numpy as np

from manyfaces.heads import HeadData

#: As in FLAME.
N_VERTICES = 5023
_JOINTS = ("root", "neck", "jaw", "left_eye", "right_eye")


def noise_head(n_identity: int, n_expression: int) -> HeadData:
    """FLAME's vertices and joints, all shapes noise."""
    rng = np.random.default_rng(0)

    def noise(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    n_joints = len(_JOINTS)
    return HeadData(
        name="noise",
        template=noise(N_VERTICES, 3),
        identity_basis=noise(n_identity, N_VERTICES, 3),
        expression_basis=noise(n_expression, N_VERTICES, 3),
        unit_names=(),
        unit_shapes=noise(0, N_VERTICES, 3),
        faces=np.zeros((0, 3), np.int32),
        joint_names=_JOINTS,
        joint_parents=np.array([-1, 0, 1, 1, 1]),
        joint_template=noise(n_joints, 3),
        joint_identity_basis=noise(n_identity, n_joints, 3),
        skinning_weights=np.full((N_VERTICES, n_joints), 1 / n_joints, np.float32),
        pose_correctives=noise(9 * (n_joints - 1), N_VERTICES, 3),
        uv=np.zeros((0, 2), np.float32),
        uv_faces=np.zeros((0, 3), np.int32),
    )
