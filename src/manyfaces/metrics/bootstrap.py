"""How sure a figure is: percentile intervals from resampled subjects."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from manyfaces.core.errors import InputError


@dataclass(frozen=True)
class Interval:
    """A percentile interval.

    Attributes:
        low: lower end.
        high: upper end.
    """

    low: float
    high: float


def bootstrap_interval(
    statistic: Callable[[Int[Tensor, " R"]], float],
    subjects: Int[Tensor, " n"],
    generator: torch.Generator,
    level: float = 0.95,
    n_resamples: int = 1000,
) -> Interval:
    """Interval of a statistic over rows that come in subjects; whole subjects are drawn, as their rows go together.

    Args:
        statistic: the figure of the given rows (a row may appear several times).
        subjects: whose each row is.
        generator: source of the draws.
        level: share of the resamples inside.
        n_resamples: how many.

    Raises:
        InputError: no rows.
    """
    if len(subjects) == 0:
        raise InputError("a bootstrap of no rows")
    rows = [(subjects == s).nonzero()[:, 0] for s in subjects.unique()]
    values = []
    for _ in range(n_resamples):
        drawn = torch.randint(len(rows), (len(rows),), generator=generator).tolist()
        values.append(statistic(torch.cat([rows[k] for k in drawn])))
    return percentile_interval(torch.tensor(values, dtype=torch.float64), level)


def bootstrap_mean(
    values: Float[Tensor, " n"],
    subjects: Int[Tensor, " n"],
    generator: torch.Generator,
    level: float = 0.95,
    n_resamples: int = 1000,
) -> Interval:
    """`bootstrap_interval` of a mean over rows, a hundred times faster: it needs the subjects' sums alone.

    Args:
        values: one for each row.
        subjects: whose each row is.
        generator: source of the draws.
        level: share of the resamples inside.
        n_resamples: how many.

    Raises:
        InputError: no rows.
    """
    return bootstrap_means(values[:, None], subjects, generator, level, n_resamples)[0]


def bootstrap_means(
    values: Float[Tensor, "n K"],
    subjects: Int[Tensor, " n"],
    generator: torch.Generator,
    level: float = 0.95,
    n_resamples: int = 1000,
) -> list[Interval]:
    """`bootstrap_mean` of several figures of the same rows at once; all of them see the same draws.

    Raises:
        InputError: no rows.
    """
    resamples = resampled_means(values, subjects, generator, n_resamples)
    return [percentile_interval(column, level) for column in resamples.unbind(1)]


def resampled_means(
    values: Float[Tensor, "n K"], subjects: Int[Tensor, " n"], generator: torch.Generator, n_resamples: int = 1000
) -> Float64[Tensor, "R K"]:
    """Means over rows when whole subjects are drawn with replacement, as many as there are.

    Raises:
        InputError: no rows.
    """
    if len(values) == 0:
        raise InputError("a bootstrap of no rows")
    sums, counts = subject_sums(values, subjects)
    n = len(counts)
    drawn = torch.randint(n, (n_resamples, n), generator=generator)
    times = torch.zeros(n_resamples, n, dtype=torch.float64).scatter_add_(1, drawn, torch.ones(drawn.shape).double())
    return times @ sums / (times @ counts)[:, None]


def subject_sums(
    values: Float[Tensor, "n K"], subjects: Int[Tensor, " n"]
) -> tuple[Float64[Tensor, "S K"], Float64[Tensor, " S"]]:
    """Sum of each subject's rows, and how many there are."""
    _, owner = subjects.unique(return_inverse=True)
    counts = torch.bincount(owner).double()
    sums = values.new_zeros(len(counts), values.shape[1], dtype=torch.float64)
    return sums.index_add_(0, owner, values.double()), counts


def percentile_interval(resamples: Float[Tensor, " R"], level: float = 0.95) -> Interval:
    """The interval in the middle of the resamples that holds such a share of them."""
    ends = resamples.double().quantile(torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64))
    return Interval(float(ends[0]), float(ends[1]))
