"""Whether sampled faces are faces: what lies outside the population, and how much varies inside it.

OFER, section 4.4: ODE is the mean over vertices of max(0, MD - limit), the part of the Mahalanobis distance beyond the
most that the population shows; STD-S is the deviation of the samples without those vertices.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.metrics.vertex_law import VertexLaw
from manyfaces.metrics.vertices import MM_PER_M


@dataclass(frozen=True)
class Implausibility:
    """How far samples leave the population.

    Attributes:
        excess: ODE: mean of max(0, MD - limit) over vertices and samples, standard deviations.
        share: share of vertices beyond their limit.
    """

    excess: Float[Tensor, "*B"]
    share: Float[Tensor, "*B"]


@dataclass(frozen=True)
class ShapeDeviation:
    """STD-S: how much samples vary.

    Attributes:
        vertex_mm: root mean square over the vertices of each vertex' deviation, millimetres.
        shape_mm: Frobenius norm of the same, vertex_mm sqrt(V): of the size that the paper prints.
    """

    vertex_mm: Float[Tensor, "*B"]
    shape_mm: Float[Tensor, "*B"]


def implausibility(samples: Float[Tensor, "*B N V 3"], law: VertexLaw, region: Bool[Tensor, "*B V"]) -> Implausibility:
    """ODE, over a region: ODE-V over the visible vertices, ODE-O over the occluded ones; NaN where it is empty.

    Args:
        samples: any position; each is aligned as the population was. Metres.
        law: the population.
        region: vertices that count.
    """
    beyond = law.distances(law.aligned(samples)) - law.limit.to(samples)
    region = region[..., None, :].expand_as(beyond)
    count = region.sum((-1, -2))
    excess = (beyond.clamp(min=0) * region).sum((-1, -2)) / count
    return Implausibility(excess, ((beyond > 0) & region).sum((-1, -2)).to(samples) / count)


def shape_deviation(samples: Float[Tensor, "*B N V 3"], law: VertexLaw) -> ShapeDeviation:
    """STD-S over all vertices: sqrt(mean over k of trace Cov_i(x_ik)).

    Vertices of samples beyond their limit are left out; a vertex that no sample has inside counts as missing. The
    covariance is that of the samples themselves, divided by their number.

    Args:
        samples: any position; each is aligned as the population was. Metres.
        law: the population.
    """
    aligned = law.aligned(samples)
    inside = (law.distances(aligned) <= law.limit.to(samples))[..., None]
    count = inside.sum(-3)
    mean = (aligned * inside).sum(-3, keepdim=True) / count[..., None, :, :]
    variance = (torch.where(inside, aligned - mean, 0.0).square().sum(-3) / count).sum(-1)
    total, known = variance.nansum(-1), (~variance.isnan()).sum(-1)
    vertex_mm = MM_PER_M * (total / known).sqrt()
    return ShapeDeviation(vertex_mm, vertex_mm * samples.shape[-2] ** 0.5)
