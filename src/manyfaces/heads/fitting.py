"""Coefficients of registered heads: the inverse of the head model, where every vertex is known.

Levenberg-Marquardt over a batch. The gradient is exact (autograd through the model). In the normal matrix, the block of
the coefficients is that of the head at rest: posing turns each vertex' displacement, and a turned vector is as long as
before. It is therefore the same for all heads and all steps, which makes a step some hundred times cheaper than with
the full Jacobian; only steps are affected by it, not where they end.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import jvp, vmap

from manyfaces.core.errors import InputError
from manyfaces.geometry.rotation import axis_angle_from_matrix, matrix_from_axis_angle
from manyfaces.geometry.similarity import fit_rigid
from manyfaces.heads.model import HeadModel
from manyfaces.heads.skinning import pose_vertices

_SLOPES_AT_ONCE = 8  # bounds the memory, (8, B, V, 3, 3)
_FIRST_DAMPING, _LARGEST_DAMPING = 1e-4, 1e8


@dataclass(frozen=True)
class FitConfig:
    """What is solved for, and how long.

    Attributes:
        n_identity: first identity coefficients that are solved for; the rest stay zero. None: all.
        n_expression: expression coefficients likewise.
        shared_identity: all heads of the batch are one person.
        noise_m: a registration's own deviation per coordinate, metres, against which a coefficient's deviation of one
            is weighed; zero fits the vertices alone.
        max_steps: steps at most.
        tolerance: a head is done when a step lowers its cost by less than this share, or moves nothing.
    """

    n_identity: int | None = None
    n_expression: int | None = None
    shared_identity: bool = False
    noise_m: float = 1e-4
    max_steps: int = 30
    tolerance: float = 1e-9


@dataclass(frozen=True)
class HeadFit:
    """Heads as the model tells them: vertices = rotation @ model(identity, expression, pose) + translation.

    Attributes:
        identity: (B, S) standard deviations.
        expression: (B, E).
        pose: (B, J, 3) axis-angle of the joints, radians; joint 0 is at rest, for the rigid motion says the same.
        rotation: (B, 3) axis-angle, radians.
        translation: (B, 3) metres.
        rms_m: (B,) root mean square distance of the vertices, metres.
    """

    identity: Float[Tensor, "B S"]
    expression: Float[Tensor, "B E"]
    pose: Float[Tensor, "B J 3"]
    rotation: Float[Tensor, "B 3"]
    translation: Float[Tensor, "B 3"]
    rms_m: Float[Tensor, " B"]


def fit_heads(
    head: HeadModel,
    vertices: Float[Tensor, "B V 3"],
    config: FitConfig | None = None,
    identity: Float[Tensor, "B S"] | None = None,
    weights: Float[Tensor, " V"] | None = None,
) -> HeadFit:
    """Find the coefficients, joints and rigid motion that put a head model on registered vertices.

    Args:
        head: the model; the fit runs in its floating-point type and on its device (float64 for the last digits).
        vertices: in the model's topology, metres, any position.
        config: what is solved for; the defaults when None.
        identity: known identities, not solved for.
        weights: >= 0 for each vertex; None: all one.

    Returns:
        The fit, one row for each head.

    Raises:
        InputError: the vertices are not in the model's topology, or not finite.
    """
    if vertices.shape[-2] != head.n_vertices:
        raise InputError(
            f"the meshes have {vertices.shape[-2]} vertices, the head {head.data.name!r} has {head.n_vertices}",
            "give registrations in the topology of the head model",
        )
    vertices = vertices.to(head.template)
    if not torch.isfinite(vertices).all():
        raise InputError("a registration holds vertices that are not finite")
    problem = _Problem(head, vertices, config or FitConfig(), identity, weights)
    return problem.result(_minimise(problem))


def _minimise(problem: "_Problem") -> Tensor:
    """Levenberg-Marquardt, with a damping for each head, or one for all where they share a column."""
    unknowns = problem.start()
    cost = problem.cost(unknowns)
    damping = torch.full_like(cost, _FIRST_DAMPING)
    rounding = torch.finfo(cost.dtype).eps
    least, still = max(1e-9, 10 * rounding), rounding**0.75
    for _ in range(problem.config.max_steps):
        gradient, normal = problem.gradient(unknowns), problem.normal(unknowns)
        diagonal = normal.diagonal(dim1=-2, dim2=-1)
        # What no vertex depends on (eyes that are weighed zero) stays where it is.
        damped = normal + torch.diag_embed(diagonal * damping[:, None] + (diagonal == 0))
        step = _arrow_solve(damped, gradient, problem.n_shared)
        tried = unknowns - step
        tried_cost = problem.cost(tried)
        better = tried_cost < cost
        gained = torch.where(better, cost - tried_cost, 0.0)
        unknowns = torch.where(better[:, None], tried, unknowns)
        done = torch.where(better, gained <= problem.config.tolerance * cost, step.abs().amax(-1) <= still)
        cost = torch.where(better, tried_cost, cost)
        done |= cost <= problem.rounding
        damping = torch.where(better, damping / 10, damping * 10).clamp(least, _LARGEST_DAMPING)
        if done.all():
            break
    return unknowns


def _arrow_solve(normal: Float[Tensor, "B U U"], gradient: Float[Tensor, "B U"], n_shared: int) -> Float[Tensor, "B U"]:
    """Solve for the steps of all heads, of which the first columns are one and the same unknown (Schur complement)."""
    shared, own = slice(None, n_shared), slice(n_shared, None)
    factor = torch.linalg.cholesky(normal[:, own, own])
    sides = torch.cat([normal[:, own, shared], gradient[:, own, None]], -1)
    coupling, alone = torch.cholesky_solve(sides, factor).tensor_split([n_shared], -1)
    if n_shared == 0:
        return alone[..., 0]
    reduced = (normal[:, shared, shared] - normal[:, shared, own] @ coupling).sum(0)
    side = (gradient[:, shared, None] - normal[:, shared, own] @ alone).sum(0)
    common = torch.cholesky_solve(side, torch.linalg.cholesky(reduced))
    return torch.cat([common.expand(len(normal), -1, -1), alone - coupling @ common], 1)[..., 0]


class _Problem:
    """Least squares over unknowns (B, U) = identity, expression, rotation, translation, joints 1 to J - 1."""

    def __init__(
        self, head: HeadModel, vertices: Tensor, config: FitConfig, identity: Tensor | None, weights: Tensor | None
    ):
        # Around their own middle: far from the origin, single precision would round the face away.
        self.middle = vertices.mean(1)
        self.head, self.target, self.config = head, vertices - self.middle[:, None], config
        self.known = None if identity is None else identity.to(vertices)
        n_identity = 0 if identity is not None else _at_most(config.n_identity, head.n_identity)
        n_expression = _at_most(config.n_expression, head.n_expression)
        self.sizes = [n_identity, n_expression, 3, 3, 3 * (head.n_joints - 1)]
        self.n_coefficients = n_identity + n_expression
        self.n_shared = n_identity if config.shared_identity else 0
        weights = torch.ones_like(head.template[:, 0]) if weights is None else weights.to(vertices)
        self.weights = weights / weights.mean()
        self.basis = torch.cat([head.identity_basis[:n_identity], head.expression_basis[:n_expression]])
        weighted = (self.basis * self.weights[:, None]).flatten(1)
        self.gram = weighted @ self.basis.flatten(1).mT
        along = [head.joint_identity_basis[:n_identity]]
        if head.joint_expression_basis is None:
            along.append(head.joint_identity_basis.new_zeros(n_expression, head.n_joints, 3))
        else:
            along.append(head.joint_expression_basis[:n_expression])
        self.joint_basis = torch.cat(along).flatten(1)
        self.prior = torch.full_like(self.gram[0], config.noise_m**2)
        # The prior of a shared identity counts once, not once for every head.
        self.prior[: self.n_shared] /= len(vertices)
        # The cost of vertices that are right to the last digit.
        self.rounding = head.n_vertices * float(torch.finfo(vertices.dtype).eps * self.target.abs().max()) ** 2

    def start(self) -> Tensor:
        """The mean head, moved onto each target."""
        motion = fit_rigid(self.head.template.expand_as(self.target), self.target, self.weights)
        unknowns = self.target.new_zeros(len(self.target), sum(self.sizes))
        at = self.n_coefficients
        unknowns[:, at : at + 3] = axis_angle_from_matrix(motion.rotation)
        unknowns[:, at + 3 : at + 6] = motion.translation
        return unknowns

    def vertices(self, unknowns: Tensor) -> Tensor:
        identity, expression, motion = self._parts(unknowns)
        joints = self.head.joints(identity, expression)
        return self._moved(self.head(identity, expression), motion, joints.flatten(1))

    def cost(self, unknowns: Tensor) -> Tensor:
        """Half the weighted squares and the prior's: of each head, or of all where they share a column."""
        squares = ((self.vertices(unknowns) - self.target).square().sum(-1) * self.weights).sum(-1)
        coefficients = unknowns[:, : self.n_coefficients]
        each = (squares + (self.prior * coefficients.square()).sum(-1)) / 2
        return each.sum().expand(len(each)) if self.n_shared else each

    def gradient(self, unknowns: Tensor) -> Tensor:
        with torch.enable_grad():
            unknowns = unknowns.detach().requires_grad_()
            cost = self.cost(unknowns)
            return torch.autograd.grad(cost[0] if self.n_shared else cost.sum(), unknowns)[0]

    def normal(self, unknowns: Tensor) -> Tensor:
        """Normal matrix (B, U, U): coefficients as at rest, motions and moving joints by their exact derivatives."""
        identity, expression, motion = self._parts(unknowns)
        rest, joints = self.head(identity, expression), self.head.joints(identity, expression)
        inputs = [rest, motion, joints.flatten(1)]
        n_motion, n_joints = motion.shape[-1], inputs[2].shape[-1]

        def slopes(which: int, count: int) -> Tensor:
            """Derivatives (B, V, 3, count) along the first entries of the last axis of one input."""

            def along(entry: Tensor) -> Tensor:
                tangents = [torch.zeros_like(part) for part in inputs]
                tangents[which] = tangents[which] + entry
                return jvp(self._moved, tuple(inputs), tuple(tangents))[1]

            unit = torch.eye(inputs[which].shape[-1], dtype=rest.dtype, device=rest.device)[:count]
            return vmap(along, out_dims=-1, chunk_size=_SLOPES_AT_ONCE)(unit)

        turns = slopes(0, 3)  # target_from_rest of each vertex
        jacobian = torch.cat([slopes(1, n_motion), slopes(2, n_joints)], -1)
        weighted = self.weights[:, None, None] * jacobian
        corner = weighted.flatten(1, 2).mT @ jacobian.flatten(1, 2)
        side = self.basis.flatten(1) @ (turns.mT @ weighted).flatten(1, 2)
        # Joints are no unknowns: they follow the coefficients.
        along_motion, along_joints = side.split([n_motion, n_joints], -1)
        follows = along_joints @ self.joint_basis.mT
        among_joints = self.joint_basis @ corner[:, n_motion:, n_motion:] @ self.joint_basis.mT
        block = self.gram + torch.diag(self.prior) + follows + follows.mT + among_joints
        side = along_motion + self.joint_basis @ corner[:, n_motion:, :n_motion]
        return torch.cat([torch.cat([block, side], -1), torch.cat([side.mT, corner[:, :n_motion, :n_motion]], -1)], -2)

    def result(self, unknowns: Tensor) -> HeadFit:
        identity, expression, rotation, translation, joints = unknowns.split(self.sizes, -1)
        distance = (self.vertices(unknowns) - self.target).square().sum(-1)
        return HeadFit(
            identity if self.known is None else self.known,
            expression,
            self._pose(joints),
            rotation,
            translation + self.middle,
            distance.mean(-1).sqrt(),
        )

    def _pose(self, joints: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(joints[:, :3]), joints], -1).unflatten(-1, (-1, 3))

    def _parts(self, unknowns: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        identity, expression, motion = unknowns.split([*self.sizes[:2], sum(self.sizes[2:])], -1)
        return (identity if self.known is None else self.known), expression, motion

    def _moved(self, rest: Tensor, motion: Tensor, joints: Tensor) -> Tensor:
        """Vertices at rest, joints turned, then the rigid motion."""
        rotation, translation, turns = motion.split(self.sizes[2:], -1)
        head = self.head
        shape = head.joint_parents, head.skinning_weights, head.pose_correctives, head.corrective_rows
        posed = pose_vertices(rest, joints.unflatten(-1, (-1, 3)), self._pose(turns), *shape)
        return posed @ matrix_from_axis_angle(rotation).mT + translation[:, None]


def _at_most(wanted: int | None, available: int) -> int:
    if wanted is not None and wanted > available:
        raise InputError(f"{wanted} coefficients are to be fitted, the head has {available}")
    return available if wanted is None else wanted
