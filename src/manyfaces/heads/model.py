"""Coefficients to vertices."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.heads.data import HeadData
from manyfaces.heads.skinning import pose_vertices


class HeadModel(nn.Module):
    """A linear head with linear blend skinning, differentiable and batched.

    v = skin(template + identity + expression + correctives(pose), joints(identity), pose), the form of
    FLAME (Li et al., SIGGRAPH Asia 2017, equations 1 to 5).

    Coefficient vectors may be shorter than their basis: what is not given is zero.
    """

    template: Tensor
    identity_basis: Tensor
    expression_basis: Tensor
    joint_template: Tensor
    joint_identity_basis: Tensor
    joint_expression_basis: Tensor | None
    mean_albedo: Tensor | None
    albedo_basis: Tensor | None
    skinning_weights: Tensor
    pose_correctives: Tensor
    corrective_rows: Tensor
    faces: Tensor

    def __init__(self, data: HeadData):
        super().__init__()
        self.data = data
        for key in (
            "template",
            "identity_basis",
            "expression_basis",
            "joint_template",
            "joint_identity_basis",
            "skinning_weights",
        ):
            self.register_buffer(key, torch.tensor(getattr(data, key), dtype=torch.float32), persistent=False)
        # Most correctives are zero (only the jaw's in the open head): keep the rows that are not.
        rows = np.flatnonzero(data.pose_correctives.any((1, 2)))
        self.register_buffer("corrective_rows", torch.tensor(rows, dtype=torch.long), persistent=False)
        self.register_buffer(
            "pose_correctives", torch.tensor(data.pose_correctives[rows], dtype=torch.float32), persistent=False
        )
        for key, extra in (
            ("joint_expression_basis", data.joint_expression_basis),
            ("mean_albedo", data.albedo),
            ("albedo_basis", data.albedo_basis),
        ):
            value = None if extra is None else torch.tensor(extra, dtype=torch.float32)
            self.register_buffer(key, value, persistent=False)
        self.register_buffer("faces", torch.tensor(data.faces, dtype=torch.long), persistent=False)
        self.joint_parents = tuple(data.joint_parents.tolist())

    @property
    def n_identity(self) -> int:
        """Number of identity coefficients, S."""
        return len(self.identity_basis)

    @property
    def n_expression(self) -> int:
        """Number of expression coefficients, E."""
        return len(self.expression_basis)

    @property
    def n_albedo(self) -> int:
        """Number of albedo coefficients, T; none where the model has no space of colours."""
        return 0 if self.albedo_basis is None else len(self.albedo_basis)

    @property
    def n_joints(self) -> int:
        """Number of joints, J."""
        return len(self.joint_template)

    @property
    def n_vertices(self) -> int:
        """Number of vertices, V."""
        return len(self.template)

    def forward(
        self,
        identity: Float[Tensor, "*B S"],
        expression: Float[Tensor, "*B E"] | None = None,
        pose: Float[Tensor, "*B J 3"] | None = None,
    ) -> Float[Tensor, "*B V 3"]:
        """Make heads.

        Args:
            identity: standard deviations of the first S identity components.
            expression: coefficients of the first E expression components; neutral when None.
            pose: axis-angle of the first J joints, radians, joint 0 first; at rest when None.

        Returns:
            Vertices in metres, head frame.

        Raises:
            InputError: more coefficients or joints than the model has.
        """
        vertices = self.template + _combine("identity", identity, self.identity_basis)
        if expression is not None:
            vertices = vertices + _combine("expression", expression, self.expression_basis)
        if pose is None:
            return vertices
        if pose.shape[-2] > self.n_joints:
            raise InputError(f"pose has {pose.shape[-2]} joints, the head {self.data.name!r} only {self.n_joints}")
        joints = self.joints(identity, expression)
        return pose_vertices(
            vertices,
            joints,
            pose,
            self.joint_parents,
            self.skinning_weights,
            self.pose_correctives,
            self.corrective_rows,
        )

    def neutral(self, identity: Float[Tensor, "*B S"]) -> Float[Tensor, "*B V 3"]:
        """Heads without expression, at rest: (*B, V, 3) metres."""
        return self(identity)

    def joints(
        self, identity: Float[Tensor, "*B S"], expression: Float[Tensor, "*B E"] | None = None
    ) -> Float[Tensor, "*B J 3"]:
        """Joints at rest, metres."""
        joints = self.joint_template + _combine("identity", identity, self.joint_identity_basis)
        if expression is not None and self.joint_expression_basis is not None:
            joints = joints + _combine("expression", expression, self.joint_expression_basis)
        return joints

    def albedo(self, coefficients: Float[Tensor, "*B T"]) -> Float[Tensor, "*B V 3"]:
        """Vertex colours, sRGB numbers about [0, 1], not cut off.

        Args:
            coefficients: standard deviations of the first T components.

        Raises:
            InputError: the model has no space of colours, or not as many components.
        """
        if self.mean_albedo is None or self.albedo_basis is None:
            raise InputError(f"head {self.data.name!r} has no space of skin colours")
        return self.mean_albedo + _combine("albedo", coefficients, self.albedo_basis)

    def jaw_pose(self, jaw: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B J 3"]:
        """Pose (*B, J, 3) that turns nothing but the jaw, axis-angle in radians; positive x opens the mouth."""
        at = self.data.joint_names.index("jaw")
        before, after = jaw.new_zeros(*jaw.shape[:-1], at, 3), jaw.new_zeros(*jaw.shape[:-1], self.n_joints - at - 1, 3)
        return torch.cat([before, jaw[..., None, :], after], dim=-2)

    def landmarks(self, vertices: Float[Tensor, "*B V 3"], name: str = "68") -> Float[Tensor, "*B L 3"]:
        """Named surface points of the vertices.

        Raises:
            ChoiceError: the model has no such landmarks.
        """
        if name not in self.data.landmarks:
            raise ChoiceError(f"landmarks of head {self.data.name!r}", name, sorted(self.data.landmarks))
        points = self.data.landmarks[name]
        corners = self.faces[torch.as_tensor(points.face_ids, dtype=torch.long, device=self.faces.device)]
        weights = torch.as_tensor(points.barycentrics, dtype=vertices.dtype, device=vertices.device)
        return torch.einsum("...lkc,lk->...lc", vertices[..., corners, :], weights)

    def contour(self, vertices: Float[Tensor, "*B V 3"], yaw: Float[Tensor, "*B"]) -> Float[Tensor, "*B L 3"]:
        """The jaw line, points 0 to 16 of iBUG's scheme, where a camera in front sees it.

        Args:
            vertices: heads, metres.
            yaw: how far each is turned to the subject's left, radians, as the camera sees it.

        Raises:
            InputError: the model has no contour.
        """
        if self.data.contour is None:
            raise InputError(f"head {self.data.name!r} has no contour", 'the "68" landmarks hold a fixed jaw line')
        table = self.data.contour
        rows = table.rows(yaw).cpu()
        corners = self.faces[torch.as_tensor(table.face_ids, dtype=torch.long)[rows].to(self.faces.device)]
        weights = torch.as_tensor(table.barycentrics)[rows].to(vertices)
        flat = corners.flatten(-2)[..., None]
        picked = vertices.gather(-2, flat.expand(*flat.shape[:-1], 3)).unflatten(-2, corners.shape[-2:])
        return (picked * weights[..., None]).sum(-2)

    def region(self, *names: str) -> Bool[Tensor, " V"]:
        """The first of the named regions that the model has; all vertices where it has none of them."""
        for name in names:
            if name in self.data.masks:
                return self.mask(name)
        return torch.ones(self.n_vertices, dtype=torch.bool, device=self.faces.device)

    def mask(self, name: str) -> Bool[Tensor, " V"]:
        """Region mask by name.

        Raises:
            ChoiceError: the model has no such region.
        """
        if name not in self.data.masks:
            raise ChoiceError(f"region of head {self.data.name!r}", name, sorted(self.data.masks))
        return torch.as_tensor(self.data.masks[name], device=self.faces.device)


def _combine(what: str, coefficients: Float[Tensor, "*B K"], basis: Float[Tensor, "K2 N 3"]) -> Float[Tensor, "*B N 3"]:
    n = coefficients.shape[-1]
    if n > len(basis):
        raise InputError(f"{n} {what} coefficients given, the head has {len(basis)}")
    flat = coefficients @ basis[:n].flatten(1)
    return flat.unflatten(-1, basis.shape[1:])
