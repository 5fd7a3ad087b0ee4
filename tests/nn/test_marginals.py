"""Coordinates to a normal law and back."""

import pytest
import torch

from manyfaces.nn import ConditionalStandardiser, NormalMarginals


@pytest.fixture(scope="module")
def samples() -> torch.Tensor:
    """A long tail, a lattice point that half of the rows share, a constant, a normal law."""
    source = torch.Generator().manual_seed(0)
    x = torch.randn(20_000, 4, generator=source)
    x[:, 0] = x[:, 0].exp() ** 2
    x[:10_000, 1] = 0
    x[:, 2] = 3.0
    return x


@pytest.fixture(scope="module")
def marginals(samples: torch.Tensor) -> NormalMarginals:
    fitted = NormalMarginals(4)
    fitted.fit(samples)
    return fitted


def test_starts_as_the_identity() -> None:
    x = torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(NormalMarginals(3)(x), x, atol=1e-5)


def test_the_result_is_normal(samples: torch.Tensor, marginals: NormalMarginals) -> None:
    z = marginals(samples)[:, [0, 3]]
    levels = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95])
    wanted = torch.special.ndtri(levels.double()).float()
    assert torch.allclose(z.quantile(levels, dim=0), wanted[:, None].expand(-1, 2), atol=0.03)


def test_there_and_back(samples: torch.Tensor, marginals: NormalMarginals) -> None:
    back = marginals.inverse(marginals(samples))
    assert torch.allclose(back, samples, atol=1e-3, rtol=1e-3)


def test_what_no_sample_came_near_stays_within_reach(marginals: NormalMarginals) -> None:
    z = marginals(torch.tensor([[1e6, 90.0, 31.0, -90.0]]))
    assert torch.equal(z, torch.tensor([[5.0, 5.0, 5.0, -5.0]]))
    assert marginals.inverse(z).isfinite().all()


def test_stored_in_sixteen_bits(samples: torch.Tensor, marginals: NormalMarginals) -> None:
    stored = NormalMarginals(4)
    stored.load_state_dict({"quantiles": marginals.quantiles.half()})
    assert stored(samples).isfinite().all()
    assert torch.allclose(stored.inverse(stored(samples)), samples, atol=2e-3, rtol=2e-3)


def test_normal_draws_become_samples_of_the_law(samples: torch.Tensor, marginals: NormalMarginals) -> None:
    drawn = marginals.inverse(torch.randn(20_000, 4, generator=torch.Generator().manual_seed(2)))
    levels = torch.tensor([0.05, 0.5, 0.95])
    assert torch.allclose(drawn.quantile(levels, dim=0), samples.quantile(levels, dim=0), atol=0.05, rtol=0.1)
    assert (drawn[:, 1].abs() < 0.01).float().mean() == pytest.approx(0.5, abs=0.02)


def test_standardiser_with_normal_marginals(samples: torch.Tensor) -> None:
    contexts = torch.cat([samples[:, :1].log(), torch.randn(len(samples), 1)], 1)
    standardiser = ConditionalStandardiser(4, 2, normal_marginals=True)
    standardiser.fit(samples, contexts)
    z = standardiser(samples, contexts)
    assert torch.allclose(standardiser.inverse(z, contexts), samples, atol=2e-3, rtol=2e-2)
    # The context tells the first coordinate; it says nothing of the last.
    deviation = standardiser.deviation(contexts)
    assert deviation[:, 0].median() < 0.2 * samples[:, 0].std()
    assert deviation[:, 3].mean() == pytest.approx(1.0, abs=0.05)
