"""How far each vertex of a face strays in a population: a normal distribution each, and the most that was seen."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.geometry import fit_rigid
from manyfaces.metrics.vertices import MM_PER_M

Threshold = Literal["max", "quantile"]
THRESHOLDS: tuple[Threshold, ...] = get_args(Threshold)
QUANTILE = 0.999
_MESHES_AT_ONCE = 512


@dataclass(frozen=True)
class VertexLaw:
    """What is plausible, vertex by vertex, in the sense of OFER's ODE (section 4.4).

    Attributes:
        reference: the mesh that others are aligned to, metres.
        anchor: which vertices they are aligned by.
        mean: metres.
        whitening: turns a displacement in metres into one whose length is the Mahalanobis distance.
        limit: Mahalanobis distance from which a vertex counts as outside the population.
    """

    reference: Float[Tensor, "V 3"]
    anchor: Bool[Tensor, " V"]
    mean: Float[Tensor, "V 3"]
    whitening: Float[Tensor, "V 3 3"]
    limit: Float[Tensor, " V"]

    def aligned(self, vertices: Float[Tensor, "*B V 3"]) -> Float[Tensor, "*B V 3"]:
        """Move meshes, without scaling, to where the population was measured."""
        return _aligned(vertices, self.reference.to(vertices), self.anchor)

    def lengths(self, displacement: Float[Tensor, "*B V 3"]) -> Float[Tensor, "*B V"]:
        """Mahalanobis lengths of displacements, metres."""
        return torch.einsum("vij,...vj->...vi", self.whitening.to(displacement), displacement).norm(dim=-1)

    def distances(self, aligned: Float[Tensor, "*B V 3"]) -> Float[Tensor, "*B V"]:
        """Mahalanobis distances of aligned meshes from the mean."""
        return self.lengths(aligned - self.mean.to(aligned))


def fit_vertex_law(
    meshes: Float[Tensor, "n V 3"],
    reference: Float[Tensor, "V 3"],
    anchor: Bool[Tensor, " V"],
    floor_mm: float = 0.1,
    threshold: Threshold | str = "max",
) -> VertexLaw:
    """Measure a population.

    Args:
        meshes: in correspondence, any position, metres.
        reference: what they are aligned to, metres.
        anchor: vertices that they are aligned by: those that expressions hardly move.
        floor_mm: deviation that is added in every direction, so that directions in which nothing was seen to move do
            not weigh without bound; the covariance gets floor_mm^2 on its diagonal.
        threshold: the limit of each vertex is the largest distance among the meshes, or their 99.9 % quantile, which
            one odd mesh cannot raise.

    Raises:
        ChoiceError: unknown threshold.
        InputError: fewer than two meshes.
    """
    if threshold not in THRESHOLDS:
        raise ChoiceError("threshold", threshold, THRESHOLDS)
    if len(meshes) < 2:
        raise InputError(f"{len(meshes)} meshes are no population", "give two or more")
    reference = reference.to(meshes)
    aligned = torch.cat([_aligned(part, reference, anchor) for part in meshes.split(_MESHES_AT_ONCE)])
    mean = aligned.mean(0)
    centred = (aligned - mean) * MM_PER_M
    covariance = torch.einsum("nvi,nvj->vij", centred, centred) / (len(meshes) - 1)
    floor = floor_mm**2 * torch.eye(3).to(covariance)
    # covariance = L L^T, so |L^-1 d| is the Mahalanobis length; the factor brings metres to millimetres.
    lower = torch.linalg.cholesky(covariance + floor)
    whitening = torch.linalg.solve_triangular(lower, MM_PER_M * torch.eye(3).to(lower), upper=False)
    law = VertexLaw(reference, anchor, mean, whitening, torch.zeros_like(mean[:, 0]))
    distances = law.distances(aligned)
    # The k-th smallest of n: torch's own quantile refuses as many values as a data set has.
    limit = distances.kthvalue(len(meshes) if threshold == "max" else math.ceil(QUANTILE * len(meshes)), 0).values
    return VertexLaw(reference, anchor, mean, whitening, limit)


def _aligned(vertices: Tensor, reference: Tensor, anchor: Tensor) -> Tensor:
    target = reference.expand_as(vertices)
    return fit_rigid(vertices[..., anchor, :], target[..., anchor, :]).apply(vertices)
