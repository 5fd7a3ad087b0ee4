"""Is one method better than another on the same items? Differences item by item, tested over subjects."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import InputError
from manyfaces.metrics.bootstrap import Interval, bootstrap_mean, subject_sums


@dataclass(frozen=True)
class PairedDifference:
    """The second method minus the first.

    Attributes:
        difference: mean over items.
        interval: percentile interval of it, subjects resampled.
        p_wilcoxon: two-sided, of the signed-rank test of the subjects' mean differences.
        p_sign: two-sided, of the sign test of the same; asks less of the data and sees less.
        n_items: that were compared.
        n_subjects: whose they are.
    """

    difference: float
    interval: Interval
    p_wilcoxon: float
    p_sign: float
    n_items: int
    n_subjects: int


def paired_bootstrap(
    first: Float[Tensor, " n"],
    second: Float[Tensor, " n"],
    subjects: Int[Tensor, " n"],
    generator: torch.Generator,
    level: float = 0.95,
    n_resamples: int = 10_000,
) -> PairedDifference:
    """Compare two methods on the same items.

    Items of one subject (photos of a face, scans of a person) are not independent, so subjects are what is resampled
    and what the tests count.

    Args:
        first: figure of each item.
        second: of the same items, in the same order.
        subjects: whose each item is.
        generator: source of the draws.
        level: share of the resamples in the interval.
        n_resamples: how many.

    Raises:
        InputError: no items, or one that is not a number.
    """
    difference = (second - first).double()
    if len(difference) == 0 or not difference.isfinite().all():
        raise InputError("only items that both methods have can be compared, and at least one")
    sums, counts = subject_sums(difference[:, None], subjects)
    means = sums[:, 0] / counts
    changed = means[means != 0]
    p_wilcoxon = p_sign = 1.0  # where nothing differs, both tests have nothing to count
    if len(changed):
        from scipy import stats  # takes as long to import as everything else in this room together

        signed_rank: Any = stats.wilcoxon(changed.numpy())
        p_wilcoxon = float(signed_rank.pvalue)
        p_sign = float(stats.binomtest(int((changed > 0).sum()), len(changed)).pvalue)
    interval = bootstrap_mean(difference, subjects, generator, level, n_resamples)
    return PairedDifference(float(difference.mean()), interval, p_wilcoxon, p_sign, len(difference), len(means))
