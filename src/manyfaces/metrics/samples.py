"""How well a set of samples describes the truth: scores, coverage, and how two sets of samples differ."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


def crps(samples: Float[Tensor, "*B N D"], truth: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
    """Continuous ranked probability score of each coordinate, from samples; smaller is better.

    The fair estimator, E|X - y| - E|X - X'| / 2 with the second mean over the N (N - 1) pairs of different samples, so
    that its expectation does not depend on N (Ferro 2014, doi 10.1002/qj.2270, eq. 11).

    Args:
        samples: N >= 2 draws.
        truth: what came true, same unit.
    """
    n = samples.shape[-2]
    ordered = samples.sort(-2).values
    # sum_{i<j} (x_j - x_i) = sum_k (2 k - n + 1) x_k over sorted x: no N x N table.
    weights = (2 * torch.arange(n, device=samples.device) - n + 1).to(samples)
    pairs = (weights[:, None] * ordered).sum(-2)
    return (samples - truth[..., None, :]).abs().mean(-2) - pairs / (n * (n - 1))


def crps_standard_normal(truth: Float[Tensor, "*B"]) -> Float[Tensor, "*B"]:
    """CRPS of N(0, 1), in closed form (Gneiting & Raftery 2007, doi 10.1198/016214506000001437, eq. 21)."""
    density = torch.exp(-truth.square() / 2) / math.sqrt(2 * math.pi)
    return truth * torch.erf(truth / math.sqrt(2)) + 2 * density - 1 / math.sqrt(math.pi)


def central_coverage(
    samples: Float[Tensor, "*B N D"], truth: Float[Tensor, "*B D"], level: float = 0.9
) -> Bool[Tensor, "*B D"]:
    """Say for each coordinate whether the truth lies in the central interval of the samples.

    Args:
        samples: N draws, enough that (1 - level) / 2 of them is at least one.
        truth: what came true.
        level: share of the probability inside the interval, in (0, 1).
    """
    tail = (1 - level) / 2
    # The k-th of n samples, from 1, stands for probability k / (n + 1): a truth from the samples' own distribution then
    # lies inside with probability `level`, whatever n. The usual quantile, (k - 1) / (n - 1), is too narrow for few.
    n = samples.shape[-2]
    ordered = samples.sort(-2).values
    low = _order_statistic(ordered, tail * (n + 1) - 1)
    high = _order_statistic(ordered, (1 - tail) * (n + 1) - 1)
    return (low <= truth) & (truth <= high)


def _order_statistic(ordered: Float[Tensor, "*B N D"], position: float) -> Float[Tensor, "*B D"]:
    position = min(max(position, 0.0), ordered.shape[-2] - 1.0)
    below = math.floor(position)
    above = min(below + 1, ordered.shape[-2] - 1)
    return torch.lerp(ordered[..., below, :], ordered[..., above, :], position - below)


def range_coverage(samples: Float[Tensor, "*B N D"], truth: Float[Tensor, "*B D"]) -> Bool[Tensor, "*B D"]:
    """Say for each coordinate whether the range of the samples holds the truth; ideal share: (N - 1) / (N + 1)."""
    return (samples.amin(-2) <= truth) & (truth <= samples.amax(-2))


def statistics_gap(first: Float[Tensor, "*B N D"], second: Float[Tensor, "*B M D"]) -> Float[Tensor, ""]:
    """RMS, over conditions and coordinates, of the differences in mean and in std of two sets of samples."""
    mean = first.mean(-2) - second.mean(-2)
    std = first.std(-2) - second.std(-2)
    return torch.cat([mean.flatten(), std.flatten()]).square().mean().sqrt()


def energy_distance(first: Float[Tensor, "*B N D"], second: Float[Tensor, "*B M D"]) -> Float[Tensor, "*B"]:
    """Energy distance of two sets of samples, 2 E|X - Y| - E|X - X'| - E|Y - Y'| (Szekely & Rizzo 2013, eq. 6.1).

    Means run over all pairs, a sample with itself included, so that the result is never negative; two sets of one
    distribution are about (1 / N + 1 / M) E|X - X'| apart.
    """
    between, within = torch.cdist(first, second).mean((-1, -2)), torch.cdist(first, first).mean((-1, -2))
    return 2 * between - within - torch.cdist(second, second).mean((-1, -2))


def energy_score(samples: Float[Tensor, "*B N D"], truth: Float[Tensor, "*B D"]) -> Float[Tensor, "*B"]:
    """Energy score of whole vectors, E|X - y| - E|X - X'| / 2: CRPS in many dimensions; smaller is better.

    The fair estimator, as `crps` (Gneiting & Raftery 2007, eq. 22).

    Args:
        samples: N >= 2 draws.
        truth: what came true, same unit.
    """
    n = samples.shape[-2]
    pairs = torch.cdist(samples, samples, compute_mode="donot_use_mm_for_euclid_dist").sum((-1, -2))
    return (samples - truth[..., None, :]).norm(dim=-1).mean(-1) - pairs / (2 * n * (n - 1))


def calibration_curve(
    samples: Float[Tensor, "*B N D"], truth: Float[Tensor, "*B D"], levels: Sequence[float]
) -> Float[Tensor, " L"]:
    """The share of coordinates whose truth lies in the central interval of each level; ideal: the levels themselves."""
    covered = [central_coverage(samples, truth, level).to(samples).mean() for level in levels]
    return torch.stack(covered)


def ranks(samples: Float[Tensor, "*B N D"], truth: Float[Tensor, "*B D"]) -> Int[Tensor, "*B D"]:
    """How many samples are below the truth, 0 ... N; uniform if the samples are calibrated (rank histogram)."""
    return (samples < truth[..., None, :]).sum(-2)
