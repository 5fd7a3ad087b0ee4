"""How near a set of faces is to the truth, and how far the faces are from each other.

x_1 ... x_N are the samples of one picture, g the truth, m a set of vertices:

    rmse(a, b; m) = sqrt(mean over k in m of ||a_k - b_k||^2)

in millimetres: one length a vertex, not one a coordinate, as Diverse3D's code has it (Dey and Boddeti 2022). The names
are those of OFER, section 4.4, whose definitions leave room; docs/co545.md tells how they are read here. Where a
region is empty, a figure is NaN.
"""

from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.core.errors import ChoiceError
from manyfaces.geometry import fit_similarity
from manyfaces.metrics.vertex_law import VertexLaw
from manyfaces.metrics.vertices import MM_PER_M

Neighbour = Literal["nearest", "farthest"]
DiversityMode = Literal["md", "literal"]
DIVERSITY_MODES: tuple[DiversityMode, ...] = get_args(DiversityMode)


def aligned_to_truth(
    samples: Float[Tensor, "*B N V 3"],
    truth: Float[Tensor, "*B V 3"],
    region: Bool[Tensor, "*B V"],
    with_scale: bool = False,
) -> Float[Tensor, "*B N V 3"]:
    """Move every sample onto the truth, by the vertices of a region; metres.

    Args:
        samples: metres.
        truth: metres.
        region: what they are aligned by, at least three vertices; the visible ones, usually.
        with_scale: allow a change of size too; errors are no longer metric then.
    """
    target = truth[..., None, :, :].expand_as(samples)
    weights = region[..., None, :].expand(samples.shape[:-1]).to(samples)
    return fit_similarity(samples, target, weights, with_scale).apply(samples)


def rms_distance_mm(
    first: Float[Tensor, "*#B V 3"], second: Float[Tensor, "*#B V 3"], region: Bool[Tensor, "*#B V"]
) -> Float[Tensor, "*E"]:
    """Distance of corresponding vertices, root mean square over a region: rmse(a, b; m)."""
    return MM_PER_M * _mean_over((first - second).square().sum(-1), region).sqrt()


def sample_errors_mm(
    samples: Float[Tensor, "*B N V 3"], truth: Float[Tensor, "*B V 3"], region: Bool[Tensor, "*B V"]
) -> Float[Tensor, "*B N"]:
    """The error of each sample; they must be aligned already.

    SE is the mean over the samples, CSE (closest sample error) the least. For landmarks, pass points for vertices.
    """
    return rms_distance_mm(samples, truth[..., None, :, :], region[..., None, :])


def pair_distances_mm(samples: Float[Tensor, "*B N V 3"], region: Bool[Tensor, "*B V"]) -> Float[Tensor, "*B N N"]:
    """rmse(x_i, x_j; region) of all pairs."""
    flat = (samples * region[..., None, :, None]).flatten(-2)
    # The fast way, by dot products, loses the digits of faces that are alike.
    distances = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")
    return MM_PER_M * distances / region.sum(-1)[..., None, None].sqrt()


def self_distance_mm(
    samples: Float[Tensor, "*B N V 3"], region: Bool[Tensor, "*B V"], neighbour: Neighbour = "nearest"
) -> Float[Tensor, "*B"]:
    """How far a sample is from its nearest, or farthest, fellow; mean over the samples.

    minASD-V and maxASD-V of OFER, with the visible vertices as region; Diverse3D's ASD is that of the nearest.
    Two or more samples; compare only at equal N.
    """
    distances = pair_distances_mm(samples, region)
    return _fellows(distances).amin(-1).mean(-1) if neighbour == "nearest" else distances.amax(-1).mean(-1)


def occluded_diversity(
    samples: Float[Tensor, "*B N V 3"],
    aligned: Float[Tensor, "*B N V 3"],
    truth: Float[Tensor, "*B V 3"],
    visible: Bool[Tensor, "*B V"],
    occluded: Bool[Tensor, "*B V"],
    law: VertexLaw,
    mode: DiversityMode | str = "md",
) -> Float[Tensor, "*B"]:
    """ASD-O: the harmonic mean of being true where the face is seen and diverse where it is hidden; larger is better.

    mean over i of 2 (1 - d_v) d_o / ((1 - d_v) + d_o), where d_v tells x_i from the truth on the visible vertices and
    d_o tells x_i from the sample nearest to it on the occluded ones, both clipped to [0, 1].

    Args:
        samples: two or more, in a frame that they share, metres.
        aligned: each of them aligned to the truth.
        truth: metres.
        visible: what must be true.
        occluded: what should be diverse.
        law: its limits say how much is much.
        mode: "md": Mahalanobis lengths, over the region's limits, both root mean squares. "literal": rmse in
            millimetres over the region's largest limit, as the paper prints it.

    Raises:
        ChoiceError: unknown mode.
    """
    if mode not in DIVERSITY_MODES:
        raise ChoiceError("mode of ASD-O", mode, DIVERSITY_MODES)
    nearest = _fellows(pair_distances_mm(samples, occluded)).argmin(-1)
    fellow = samples.gather(-3, nearest[..., None, None].expand_as(samples))
    off = _relative(aligned - truth[..., None, :, :], visible[..., None, :], law, mode)
    apart = _relative(samples - fellow, occluded[..., None, :], law, mode)
    fidelity = 1 - off
    total = fidelity + apart
    # Neither true nor diverse: the limit of the harmonic mean is zero.
    return torch.where(total == 0, 0.0, 2 * fidelity * apart / torch.where(total == 0, 1.0, total)).mean(-1)


def _relative(displacement: Tensor, region: Tensor, law: VertexLaw, mode: str) -> Tensor:
    limit = law.limit.to(displacement)
    if mode == "literal":
        size = MM_PER_M * _mean_over(displacement.square().sum(-1), region).sqrt()
        largest = torch.where(region, limit, -torch.inf).amax(-1)
        return (size / largest).clamp(0, 1)
    size = _mean_over(law.lengths(displacement).square(), region)
    return (size / _mean_over(limit.square(), region)).sqrt().clamp(0, 1)


def _fellows(distances: Tensor) -> Tensor:
    """Pair distances, with a sample infinitely far from itself."""
    itself = torch.eye(distances.shape[-1], dtype=torch.bool, device=distances.device)
    return distances.masked_fill(itself, torch.inf)


def _mean_over(values: Tensor, region: Tensor) -> Tensor:
    """Mean over the last dimension, of a region alone; NaN where it is empty."""
    return (values * region).sum(-1) / region.sum(-1)
