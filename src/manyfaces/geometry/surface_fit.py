"""Move a surface onto points: the motion that minimises their exact squared distances to it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry.rotation import matrix_from_axis_angle
from manyfaces.geometry.similarity import Similarity
from manyfaces.geometry.surface_tree import ClosestPoints, SurfaceTree

LEAST_DAMPING, FIRST_DAMPING, MOST_DAMPING = 1e-9, 1e-3, 1e9
DIAGONAL_FLOOR = 1e-9


@dataclass(frozen=True)
class SurfaceFit:
    """A surface on points.

    Attributes:
        motion: points_from_surface.
        distances: from each point to the moved surface, the points' unit.
        n_steps: how many steps were taken.
    """

    motion: Similarity
    distances: Float[Tensor, " N"]
    n_steps: int


@dataclass(frozen=True)
class _State:
    """A motion, where the points land on the surface that it moves, and the sum of the squared distances."""

    motion: Similarity
    landing: ClosestPoints
    cost: float


def fit_surface(
    points: Float[Tensor, "N 3"],
    surface: SurfaceTree,
    start: Similarity,
    with_scale: bool = True,
    tolerance: float = 1e-4,
    max_steps: int = 200,
) -> SurfaceFit:
    """Refine a motion of a surface so that it lies on points, by Levenberg-Marquardt.

    The residuals are the distances from point to surface themselves. Their derivative holds with the landing points
    held fixed, for these are nearest already. Rotation is about the points' centroid, in the moved frame: about a far
    origin, rotation and translation would be nearly the same thing.

    Args:
        points: double precision.
        surface: what is moved.
        start: points_from_surface; near enough that the nearest places on the surface are about the right ones.
        with_scale: False keeps the scale of `start`.
        tolerance: stop after a step that lowers the sum of squares by a lesser share.
        max_steps: stop after so many at the latest.
    """
    centre = points.mean(0)
    state = _landed(points, surface, start, None)
    damping, n_steps = FIRST_DAMPING, 0
    while n_steps < max_steps and state.cost > 0 and damping <= MOST_DAMPING:
        gradient, curvature = _normal_equations(points, state, centre, with_scale)
        # The floor is for motions that change nothing, such as turning a surface that is a single point.
        weights = curvature.diagonal().clamp(min=DIAGONAL_FLOOR * float(curvature.diagonal().max()))
        damped = curvature + damping * torch.diag(weights)
        step = -torch.linalg.solve(damped, gradient)
        moved = _landed(points, surface, _stepped(state.motion, step, centre), state.landing)
        if not moved.cost < state.cost:
            damping *= 10
            continue
        gain = (state.cost - moved.cost) / state.cost
        state, damping, n_steps = moved, max(damping / 10, LEAST_DAMPING), n_steps + 1
        if gain < tolerance:
            break
    return SurfaceFit(state.motion, state.landing.distances, n_steps)


def _landed(points: Tensor, surface: SurfaceTree, motion: Similarity, last: ClosestPoints | None) -> _State:
    # The points go to the surface, not the surface to the points: its tree stays as it is.
    guess = None if last is None else last.surface.face_ids
    landing = surface.closest(motion.inverse().apply(points), guess)
    distances = motion.scale * landing.distances
    landing = ClosestPoints(motion.apply(landing.points), distances, landing.surface)
    return _State(motion, landing, float(distances.square().sum()))


def _normal_equations(points: Tensor, state: _State, centre: Tensor, with_scale: bool) -> tuple[Tensor, Tensor]:
    """Gradient J'r and curvature J'J for a step of rotation vector, translation and logarithm of the scale."""
    distances = state.landing.distances
    normals = torch.nn.functional.normalize(points - state.landing.points, dim=-1)
    arms = state.landing.points - centre
    columns = [torch.linalg.cross(arms, normals), normals]
    if with_scale:
        columns.append((arms * normals).sum(-1, keepdim=True))
    jacobian = -torch.cat(columns, 1)
    return jacobian.mT @ distances, jacobian.mT @ jacobian


def _stepped(motion: Similarity, step: Tensor, centre: Tensor) -> Similarity:
    rotation = matrix_from_axis_angle(step[:3])
    scale = step[6].exp() if len(step) > 6 else torch.ones_like(step[0])
    translation = scale * (rotation @ (motion.translation - centre)) + centre + step[3:6]
    return Similarity(scale * motion.scale, rotation @ motion.rotation, translation)
