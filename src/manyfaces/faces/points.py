"""Shape, expression and pose settled on the points that a photo shows, after a network has said where the face is.

A network that has seen synthetic people alone is some millimetres off on a photo; a detector of points that has learned
from photos is less so, where nothing hides them. Steps of Gauss-Newton move the predicted face onto the points that are
seen, held back by how much faces differ: where nothing is seen, it stays as it was predicted.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.faces.coefficients import FaceCoefficients
from manyfaces.faces.model import JAW_UNIT_RAD, M_PER_DM, FaceModel

ROUNDS = 3
MOVED = ("identity", "expression", "angles", "translation")
"""The coefficients that points tell something of."""

_STEP = 2e-3  # radians, decimetres
_JAW_STEP = 0.5  # in its coefficients: jaws turn, so their slope at rest is that of no face


class PointSettler:
    """Moves faces of one model onto points.

    Args:
        face: the face model.
        landmarks: the name of its head's landmarks that the points are.
    """

    def __init__(self, face: FaceModel, landmarks: str):
        self._face, self._landmarks = face, landmarks
        self._basis = torch.cat([face.head.landmarks(part, landmarks) for part in _shape_basis(face)])

    def settled(
        self,
        c: FaceCoefficients,
        targets_px: Float[Tensor, "L 2"],
        weights: Float[Tensor, " L"],
        deviation: FaceCoefficients,
    ) -> FaceCoefficients:
        """Minimise sum_l w_l |project(x_l) - p_l|^2 + sum_k (d_k / deviation_k)^2 over the change d of coefficients.

        Args:
            c: one face, without a batch dimension.
            targets_px: where the points are on the 224 pixel picture.
            weights: 1 / variance of each, per pixel squared; 0 for hidden points.
            deviation: how far the coefficients in `MOVED` may go; 0 holds one.
        """
        start, reach = (torch.cat([getattr(part, name) for name in MOVED]) for part in (c, deviation))
        change, moved = torch.zeros_like(start), c  # change in deviations
        for _ in range(ROUNDS):
            seen_px, slope = self._seen(moved)
            slope = (slope * reach).flatten(0, 1)
            weighted = slope * weights.repeat_interleave(2)[:, None]
            curve = weighted.mT @ slope + torch.eye(len(reach)).to(slope)
            pulled = weighted.mT @ (targets_px - seen_px).flatten() - change
            change = change + torch.cholesky_solve(pulled[:, None], torch.linalg.cholesky(curve))[:, 0]
            parts = (start + change * reach).split([getattr(c, name).shape[-1] for name in MOVED])
            moved = replace(c, **dict(zip(MOVED, parts, strict=True)))
        return moved

    def _seen(self, c: FaceCoefficients) -> tuple[Float[Tensor, "L 2"], Float[Tensor, "L 2 K"]]:
        """Where the points are seen, and how that changes with each coefficient.

        By small steps of the pose and of the points, all in one projection: forward derivatives by autograd take ten
        times as long for so few numbers.
        """
        points = self._face.head.landmarks(self._face.vertices(c), self._landmarks)
        # None first, then one of each angle, of the translation, and of all points along each axis.
        steps = _STEP * torch.eye(10, 9).roll(1, 0).to(points)
        turn, shift, along = steps.split(3, 1)
        many = self._face.layout.split(c.joined().expand(len(steps), -1))
        turned = replace(many, angles=many.angles + turn, translation=many.translation + shift)
        seen_px = self._face.camera(turned).project(points + M_PER_DM * along[:, None]).points_px
        slopes = (seen_px[1:] - seen_px[0]).movedim(0, -1) / _STEP
        by_shape = torch.einsum("lcx,klx->lck", slopes[..., 6:] / M_PER_DM, self._basis)
        return seen_px[0], torch.cat([by_shape, slopes[..., :6]], -1)


def _shape_basis(face: FaceModel) -> list[Float[Tensor, "K V 3"]]:
    """How vertices move with identity and expression; a jaw's slope is that of the way to half a unit."""
    sizes, head = face.layout.sizes, face.head
    basis = [head.identity_basis[: sizes["identity"]], head.expression_basis[: sizes["expression"] - face.n_jaw]]
    if face.n_jaw:
        steps = _JAW_STEP * JAW_UNIT_RAD * torch.eye(3).to(head.template)
        opened = head(head.template.new_zeros(3, 1), None, head.jaw_pose(steps))
        basis.append((opened - head.template) / _JAW_STEP)
    return basis
