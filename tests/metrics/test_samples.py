import math

import pytest
import torch

from manyfaces.metrics import (
    calibration_curve,
    central_coverage,
    crps,
    crps_standard_normal,
    energy_distance,
    energy_score,
    range_coverage,
    ranks,
    statistics_gap,
)


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None]


@pytest.mark.parametrize(
    ("samples", "truth", "expected"),
    [
        ((0.0, 2.0), 1.0, 1 - 2 / 2),
        ((0.0, 2.0), 3.0, 2 - 2 / 2),
        # |x - y|: 0, 1, 3; pairs: 1, 3, 2 of three.
        ((0.0, 1.0, 3.0), 0.0, 4 / 3 - 2 / 2),
    ],
)
def test_crps_by_hand(samples: tuple[float, ...], truth: float, expected: float) -> None:
    assert float(crps(column(*samples), torch.tensor([truth]))) == pytest.approx(expected, abs=1e-6)


def test_crps_does_not_depend_on_the_number_of_samples() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = torch.full((40_000, 1), 0.7)
    expected = float(crps_standard_normal(torch.tensor(0.7)))
    for n in (2, 5):
        samples = torch.randn(40_000, n, 1, generator=generator)
        assert float(crps(samples, truth).mean()) == pytest.approx(expected, abs=0.012)


def test_crps_of_the_standard_normal_in_closed_form() -> None:
    assert float(crps_standard_normal(torch.tensor(0.0))) == pytest.approx((math.sqrt(2) - 1) / math.sqrt(math.pi))
    # Far away it is the distance less 1 / sqrt(pi).
    assert float(crps_standard_normal(torch.tensor(9.0))) == pytest.approx(9 - 1 / math.sqrt(math.pi), abs=1e-5)


def test_central_interval_of_19_samples_is_their_range() -> None:
    samples = torch.arange(1.0, 20.0)[:, None]
    truths = torch.tensor([0.9, 1.0, 10.0, 19.0, 19.1])
    covered = central_coverage(samples.expand(5, -1, -1), truths[:, None], 0.9)
    assert covered[:, 0].tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("n", [39, 200])
def test_calibrated_samples_cover_as_often_as_they_should(n: int) -> None:
    generator = torch.Generator().manual_seed(0)
    samples, truth = torch.randn(4000, n, 1, generator=generator), torch.randn(4000, 1, generator=generator)
    share = float(central_coverage(samples, truth, 0.8).float().mean())
    assert share == pytest.approx(0.8, abs=0.02)
    narrow = float(central_coverage(0.5 * samples, truth, 0.8).float().mean())
    assert narrow < 0.55


def test_range_of_15_samples_covers_14_in_16() -> None:
    generator = torch.Generator().manual_seed(0)
    samples, truth = torch.randn(8000, 15, 1, generator=generator), torch.randn(8000, 1, generator=generator)
    assert float(range_coverage(samples, truth).float().mean()) == pytest.approx(14 / 16, abs=0.012)


def test_gap_of_statistics_by_hand() -> None:
    first = torch.tensor([[-1.0], [1.0]])  # mean 0, std sqrt(2)
    second = 2 * first + 3  # mean 3, std 2 sqrt(2)
    assert float(statistics_gap(first, second)) == pytest.approx(math.sqrt((9 + 2) / 2))
    assert float(statistics_gap(first, first)) == 0


def test_energy_distance_of_two_points_and_one() -> None:
    first, second = torch.tensor([[0.0, 0.0], [2.0, 0.0]]), torch.tensor([[0.0, 0.0]])
    # E|X - Y| = 1, E|X - X'| = 1, E|Y - Y'| = 0.
    assert float(energy_distance(first, second)) == pytest.approx(1.0)
    assert float(energy_distance(first, first)) == 0


def test_energy_distance_of_two_draws_of_one_law() -> None:
    first, second = torch.randn(2, 40, 500, 3, generator=torch.Generator().manual_seed(0))
    # Two unit normals in three dimensions are 2 * 2 / sqrt(pi) = 2.257 apart on average.
    assert float(energy_distance(first, second).mean()) == pytest.approx(2 / 500 * 2.257, rel=0.1)


def test_energy_score_by_hand() -> None:
    samples, truth = torch.tensor([[0.0, 0.0], [6.0, 8.0]]), torch.tensor([0.0, 0.0])
    # |x - y|: 0, 10; the pair is 10 apart.
    assert float(energy_score(samples, truth)) == pytest.approx(5 - 5)
    assert float(energy_score(samples, torch.tensor([3.0, 4.0]))) == pytest.approx(5 - 5)
    assert float(energy_score(samples, torch.tensor([6.0, 0.0]))) == pytest.approx(7 - 5)


def test_energy_score_in_one_dimension_is_the_crps() -> None:
    samples, truth = torch.randn(2, 20, 9, 1, generator=torch.Generator().manual_seed(0))[0], torch.full((20, 1), 0.3)
    assert torch.allclose(energy_score(samples, truth), crps(samples, truth)[:, 0], atol=1e-5)


def test_energy_score_prefers_the_true_law() -> None:
    generator = torch.Generator().manual_seed(0)
    truth, samples = torch.randn(500, 4, generator=generator), torch.randn(500, 30, 4, generator=generator)
    scores = [float(energy_score(width * samples, truth).mean()) for width in (0.5, 1.0, 2.0)]
    assert scores[1] < scores[0]
    assert scores[1] < scores[2]


def test_calibration_curve_and_ranks() -> None:
    generator = torch.Generator().manual_seed(0)
    samples, truth = torch.randn(3000, 19, 2, generator=generator), torch.randn(3000, 2, generator=generator)
    levels = (0.5, 0.8, 0.9)
    assert calibration_curve(samples, truth, levels).tolist() == pytest.approx(levels, abs=0.02)
    assert float(calibration_curve(0.3 * samples, truth, (0.9,))) < 0.5
    counts = torch.bincount(ranks(samples, truth).flatten(), minlength=20) / truth.numel()
    assert counts.tolist() == pytest.approx([1 / 20] * 20, abs=0.012)
    assert ranks(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([2.5])).tolist() == [2]
