"""How sure a figure is: percentile intervals from resampled subjects."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Int
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
    ends = torch.tensor(values, dtype=torch.float64).quantile(
        torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    )
    return Interval(float(ends[0]), float(ends[1]))
