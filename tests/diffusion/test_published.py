"""The published DDIM is wrong in the way it was measured to be, and noise may come from anywhere."""

import pytest
import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import (
    ANCESTRAL,
    NoiseSource,
    SamplerConfig,
    clean_from_noise,
    linear_schedule,
    posterior,
    published_ddim_step,
    sample,
    unit_noise,
    visited_steps,
)

SCHEDULE = linear_schedule()
PUBLISHED = SamplerConfig("published_ddim")


def gaussian(mean, std):
    """The exact denoiser of N(mean, std^2), told t = -1 where the published sampler means T - 1."""

    def denoise(x, t):
        alpha_bar = float(SCHEDULE.alpha_bar[t])
        return (1 - alpha_bar) ** 0.5 * (x - alpha_bar**0.5 * mean) / (alpha_bar * std**2 + 1 - alpha_bar)

    return denoise


def test_steps():
    steps = visited_steps(PUBLISHED, SCHEDULE)
    assert len(steps) == 251
    assert steps[:3] == (999, 995, 991)
    assert steps[-3:] == (7, 3, -1)


def test_it_leaves_noise_in():
    noise = torch.randn(20_000, 1, generator=torch_generator(0))
    drawn = sample(PUBLISHED, gaussian(1.0, 0.25), SCHEDULE, noise)
    # Measured with the published code: mean 0.42, standard deviation 0.71, where 1 and 0.25 are right.
    assert float(drawn.mean()) == pytest.approx(0.42, abs=0.02)
    assert float(drawn.std()) == pytest.approx(0.71, abs=0.02)


def test_one_step():
    x, eps = torch.tensor([2.0]), torch.tensor([0.5])
    for t, after in ((700, 699), (-1, 998)):  # to the level of t - 1; t = -1 is read from the end
        ab, target = float(SCHEDULE.alpha_bar[t]), float(SCHEDULE.alpha_bar[after])
        expected = target**0.5 * (x - (1 - ab) ** 0.5 * eps) / ab**0.5 + (1 - target) ** 0.5 * eps
        torch.testing.assert_close(published_ddim_step(SCHEDULE, x, eps, t), expected)
    torch.testing.assert_close(published_ddim_step(SCHEDULE, x, eps, 0), clean_from_noise(SCHEDULE, x, eps, 0))


def test_posterior_by_bayes():
    t, clean, noisy = 400, torch.tensor([0.3], dtype=torch.float64), torch.tensor([-0.8], dtype=torch.float64)
    beta, before = float(SCHEDULE.beta[t]), float(SCHEDULE.alpha_bar[t - 1])
    # x_{t-1} ~ N(sqrt(ab) x0, 1 - ab), then x_t ~ N(sqrt(1 - beta) x_{t-1}, beta): precisions add.
    precision = 1 / (1 - before) + (1 - beta) / beta
    mean = (before**0.5 * clean / (1 - before) + (1 - beta) ** 0.5 * noisy / beta) / precision
    found = posterior(SCHEDULE, noisy, clean, t)
    torch.testing.assert_close(found.mean, mean)
    assert found.std == pytest.approx(precision**-0.5)
    last = posterior(SCHEDULE, noisy, clean, 0)
    assert last.std == 0
    torch.testing.assert_close(last.mean, clean)


class Zeros:
    def unit_normal(self, shape):
        return torch.zeros(shape)


def test_noise_from_another_source():
    assert isinstance(Zeros(), NoiseSource)
    assert not isinstance(torch_generator(0), NoiseSource)
    like = torch.ones(2, 3, dtype=torch.float64)
    assert torch.equal(unit_noise((2, 3), Zeros(), like), torch.zeros_like(like))
    # Ancestral sampling without noise is deterministic.
    start = torch.ones(4, 1)
    drawn = sample(ANCESTRAL, gaussian(1.0, 0.25), SCHEDULE, start, Zeros())
    assert float(drawn.std()) == 0
