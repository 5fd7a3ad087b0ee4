import numpy as np
import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.metrics import bootstrap_interval, bootstrap_mean, paired_bootstrap


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_fast_interval_of_a_mean_is_that_of_the_plain_way() -> None:
    values = torch.randn(60, generator=generator())
    subjects = torch.arange(60) % 7
    fast = bootstrap_mean(values, subjects, generator())
    plain = bootstrap_interval(lambda rows: float(values[rows].mean()), subjects, generator())
    assert (fast.low, fast.high) == pytest.approx((plain.low, plain.high), abs=1e-6)


def test_an_interval_covers_as_often_as_it_says() -> None:
    draws, held = generator(), 0
    for k in range(200):
        values = torch.randn(40, 3, generator=draws) + torch.randn(40, 1, generator=draws)
        found = bootstrap_mean(values.flatten(), torch.arange(40).repeat_interleave(3), draws.manual_seed(k))
        held += found.low <= 0 <= found.high
    assert held / 200 == pytest.approx(0.94, abs=0.05)


def test_a_constant_difference_is_certain() -> None:
    first = torch.randn(30, generator=generator())
    found = paired_bootstrap(first, first - 0.5, torch.arange(30) // 3, generator())
    assert found.difference == pytest.approx(-0.5)
    assert (found.interval.low, found.interval.high) == pytest.approx((-0.5, -0.5), abs=1e-6)
    # Ten of ten subjects on one side: twice one in 1024.
    assert found.p_sign == pytest.approx(2 / 1024)
    assert found.p_wilcoxon < 0.01
    assert (found.n_items, found.n_subjects) == (30, 10)


def test_no_difference_is_no_news() -> None:
    first = torch.randn(30, generator=generator())
    found = paired_bootstrap(first, first.clone(), torch.arange(30), generator())
    assert (found.difference, found.p_wilcoxon, found.p_sign) == (0, 1, 1)


def test_many_items_of_one_subject_count_once() -> None:
    first = torch.zeros(1000)
    found = paired_bootstrap(first, first + 1, torch.zeros(1000, dtype=torch.long), generator())
    assert found.p_sign == 1
    assert found.p_wilcoxon == 1


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError):
        paired_bootstrap(torch.tensor([1.0, np.nan]), torch.ones(2), torch.arange(2), generator())
    with pytest.raises(InputError):
        bootstrap_mean(torch.zeros(0), torch.zeros(0, dtype=torch.long), generator())
