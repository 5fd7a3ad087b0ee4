"""What any method must beat on photos: a rigid mean head, and the detector's points with head-shaped jitter."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float

from manyfaces.core.seeds import numpy_generator
from manyfaces.data.expressions import ExpressionPrior
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.geometry import OrthographicCamera
from manyfaces.geometry.camera_fit import fit_orthographic
from manyfaces.heads import HeadModel

LEAST_VISIBLE = 20
"""With fewer visible points a pose cannot be trusted; all points are used then."""


@dataclass(frozen=True)
class HeadPrior:
    """The dense points of the mean head and of random ones.

    Attributes:
        mean: metres, head frame.
        draws: of identity, expression and jaw from their priors.
    """

    mean: Float[np.ndarray, "468 3"]
    draws: Float[np.ndarray, "D 468 3"]

    @cached_property
    def deviations_68(self) -> Float[np.ndarray, "D 68 3"]:
        """The 68 points of the draws minus their mean."""
        points = POINTS_68_FROM_468.astype(float) @ self.draws
        return points - points.mean(0)


def head_prior(head: HeadModel, n_draws: int = 500, seed: int = 0) -> HeadPrior:
    """Draw heads from the prior of the training data: identity, expression and jaw, head upright."""
    generator = numpy_generator(seed, "head prior")
    identity = torch.from_numpy(generator.standard_normal((n_draws, head.n_identity)).astype(np.float32))
    expressions = ExpressionPrior(head)
    pairs = [expressions.sample(generator) for _ in range(n_draws)]
    expression, jaw = (torch.stack(values) for values in zip(*pairs, strict=True))
    with torch.no_grad():
        draws = head.landmarks(head(identity, expression, head.jaw_pose(jaw)), "468")
        mean = head.landmarks(head.neutral(torch.zeros(1, head.n_identity)), "468")[0]
    return HeadPrior(mean.double().numpy(), draws.double().numpy())


@dataclass(frozen=True)
class RigidFit:
    """The mean head posed on one face.

    Attributes:
        points_68_px: its 68 points.
        picture_from_head: (2, 3) pixels per metre: what the camera does to a small displacement of a head point.
    """

    points_68_px: Float[np.ndarray, "68 2"]
    picture_from_head: Float[np.ndarray, "2 3"]


def fit_mean_heads(
    prior: HeadPrior, points_px: Float[np.ndarray, "B 468 2"], visible: Bool[np.ndarray, "B 468"]
) -> list[RigidFit]:
    """Pose the mean head on each face by its visible points, scaled-orthographic."""
    if len(points_px) == 0:
        return []
    enough = visible.sum(1, keepdims=True) >= LEAST_VISIBLE
    weights = torch.from_numpy(np.where(enough, visible, True).astype(float))
    points = torch.from_numpy(prior.mean).expand(len(points_px), -1, -1)
    camera: OrthographicCamera = fit_orthographic(points, torch.from_numpy(points_px), weights).camera
    posed = POINTS_68_FROM_468.astype(float) @ camera.project(points).points_px.numpy()
    linear = (camera.scale_px[:, None, None] * camera.rotation[:, :2]).numpy()
    return [RigidFit(*pair) for pair in zip(posed, linear, strict=True)]


def jittered(
    points_68_px: Float[np.ndarray, "68 2"],
    hidden: Bool[np.ndarray, "68"],
    jitter_px: Float[np.ndarray, "M 68 2"],
    scale: float,
) -> Float[np.ndarray, "M 68 2"]:
    """The detector's points, with jitter at the hidden ones only."""
    return points_68_px + scale * hidden[:, None] * jitter_px


def head_jitter_px(
    prior: HeadPrior, fit: RigidFit, n: int, generator: np.random.Generator
) -> Float[np.ndarray, "n 68 2"]:
    """Deviations of n random heads from the mean one, as the camera of a fit shows them."""
    rows = generator.choice(len(prior.draws), n, replace=False)
    return prior.deviations_68[rows] @ fit.picture_from_head.T


def mean_head_on_box(prior: HeadPrior, box_px: Float[np.ndarray, "4"]) -> Float[np.ndarray, "68 2"]:
    """The mean head seen from the front, with the middle and the mean side of its 68 points' box those of `box_px`."""
    flat = (POINTS_68_FROM_468.astype(float) @ prior.mean)[:, :2] * [1, -1]
    low, high = flat.min(0), flat.max(0)
    scale = float(((box_px[2:] - box_px[:2]) / (high - low)).mean())
    return (flat - (low + high) / 2) * scale + (box_px[:2] + box_px[2:]) / 2
