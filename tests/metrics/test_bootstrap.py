"""Bootstrap intervals against what is known of means."""

import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.metrics import bootstrap_interval


def test_interval_of_a_mean_has_its_standard_error() -> None:
    source = torch.Generator().manual_seed(0)
    values = torch.randn(400, generator=source)
    found = bootstrap_interval(lambda rows: float(values[rows].mean()), torch.arange(400), source)
    assert found.low < float(values.mean()) < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_rows_of_one_subject_go_together() -> None:
    source = torch.Generator().manual_seed(1)
    people = torch.arange(20).repeat_interleave(50)
    values = torch.randn(20, generator=source)[people]
    by_person = bootstrap_interval(lambda rows: float(values[rows].mean()), people, source)
    by_row = bootstrap_interval(lambda rows: float(values[rows].mean()), torch.arange(1000), source)
    # 50 rows of a person say no more than one: sqrt(50) times wider.
    assert (by_person.high - by_person.low) > 5 * (by_row.high - by_row.low)


def test_no_rows() -> None:
    with pytest.raises(InputError, match="no rows"):
        bootstrap_interval(lambda rows: 0.0, torch.zeros(0, dtype=torch.long), torch.Generator())
