"""Shapes that no identity coefficient of a face model gives."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.fields import normal, uniform, waves_in_space
from manyfaces.detect.rnet_alignment import rnet_five
from manyfaces.faces import FaceModel

_MIRROR = torch.tensor([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class OutsideSpan:
    """What a linear space leaves; see `outside_shapes` and `outside_colours`.

    Attributes:
        directions: an orthonormal basis of the space, a column each.
    """

    directions: Float[Tensor, "N K"]

    def rest(self, values: Float[Tensor, "V 3"]) -> Float[Tensor, "V 3"]:
        """The part of values at vertices that is orthogonal to the whole space."""
        flat = values.flatten()
        return (flat - self.directions @ (self.directions.mT @ flat)).view_as(values)


def outside_shapes(face: FaceModel) -> OutsideSpan:
    """What remains of a displacement once identity, motion and size have explained what they can.

    Also the mean of the five points that a face is placed by stays where it is, so that a translation means the same
    for every subject.
    """
    head, n = face.head, face.layout.identity
    points = head.template - head.template.mean(0)
    x, y, z = points.unbind(-1)
    nothing = torch.zeros_like(x)
    moves = [torch.eye(3).to(points)[k].expand_as(points) for k in range(3)]
    turns = [torch.stack(t, -1) for t in ((nothing, -z, y), (z, nothing, -x), (-y, x, nothing))]
    spanned = [*head.identity_basis[:n], *moves, *turns, points, *_five_points(face)]
    return _outside(torch.stack([part.flatten() for part in spanned], 1))


def outside_colours(face: FaceModel) -> OutsideSpan:
    """What remains of a change of colours once albedo coefficients have explained what they can."""
    basis = face.head.albedo_basis
    assert basis is not None  # a face model has a space of colours
    return _outside(basis[: face.layout.albedo].flatten(1).mT)


def _outside(spanned: Float[Tensor, "N K"]) -> OutsideSpan:
    directions = torch.linalg.qr((spanned / spanned.norm(dim=0)).double()).Q
    return OutsideSpan(directions.float())


def _five_points(face: FaceModel) -> list[Tensor]:
    """Gradients of the mean of the five points by the vertices, an axis each."""
    template = face.head.template.detach().clone().requires_grad_()
    with torch.enable_grad():
        mean = rnet_five(face.head.landmarks(template)).mean(0)
        return [torch.autograd.grad(mean[k], template, retain_graph=True)[0] for k in range(3)]


def draw_gap(
    face: FaceModel, outside: OutsideSpan, config: SubjectConfig, generator: torch.Generator
) -> Float[Tensor, "V 3"]:
    """A smooth displacement of the whole head, metres, mostly the same on both sides.

    A part of it are the identity components that the layout leaves out, where there are any.
    """
    head, n = face.head, face.layout.identity
    wave_m = (config.gap_wave_mm[0] / 1e3, config.gap_wave_mm[1] / 1e3)
    # Seen from both sides at once: the mean with its own mirror image.
    mirror = _MIRROR.to(head.template)
    both = torch.cat([head.template, head.template * mirror])
    here, there = waves_in_space(both, wave_m, 3, generator).chunk(2)
    drawn = here + (1 - config.asymmetry) * there * mirror
    beyond = head.identity_basis[n:]
    if len(beyond):
        modes = torch.einsum("k,kvc->vc", normal(generator, len(beyond)), beyond)
        drawn = drawn / drawn.std() + modes / modes.std().clamp(min=1e-9)
    gap = outside.rest(drawn)
    front = head.region("front")
    size_m = gap[front].square().sum(-1).mean().sqrt()
    return gap * (uniform(config.gap_mm, generator, 1) / 1e3 / size_m)
