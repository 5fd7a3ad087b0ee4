"""Samplers on Gaussian data, where the denoiser, the true flow and each sampler's moments have closed forms."""

import inspect
from functools import partial
from itertools import pairwise

import pytest
import torch

from manyfaces.core.errors import ChoiceError, ConfigError, InputError
from manyfaces.core.seeds import torch_generator
from manyfaces.diffusion import (
    ANCESTRAL,
    DDIM_250,
    FAST,
    GRIDS,
    SamplerConfig,
    clean_from_noise,
    ddim,
    ddpm,
    dpm_solver_pp_2m,
    linear_schedule,
    noise_from_clean,
    sample,
    sde_dpm_solver_pp_2m,
    time_grid,
    unit_noise,
    visited_steps,
)

SCHEDULE = linear_schedule()
STDS = torch.tensor([0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0], dtype=torch.float64)


def exact_denoiser(mean, std):
    """E[eps | x_t] of independent Gaussian coefficients."""

    def denoise(x, t):
        alpha_bar = float(SCHEDULE.alpha_bar[t])
        return (1 - alpha_bar) ** 0.5 * (x - alpha_bar**0.5 * mean) / (alpha_bar * std**2 + 1 - alpha_bar)

    return denoise


def moments(run, mean=1.0):
    """Exact mean and std a deterministic sampler gives: it is affine in its noise."""
    denoise = exact_denoiser(mean, STDS)
    zero = run(denoise, SCHEDULE, torch.zeros(1, len(STDS), dtype=torch.float64))
    one = run(denoise, SCHEDULE, torch.ones(1, len(STDS), dtype=torch.float64))
    return zero[0], (one - zero)[0]


def ddpm_moments(mean=1.0):
    """Exact mean and std of 1000 ancestral steps, by the recursion of the first two moments."""
    m, variance = torch.zeros_like(STDS), torch.ones_like(STDS)
    for t in range(999, -1, -1):
        ab, beta = SCHEDULE.alpha_bar[t], SCHEDULE.beta[t]
        before = SCHEDULE.alpha_bar[t - 1] if t else torch.tensor(1.0, dtype=torch.float64)
        gain = ab.sqrt() * STDS**2 / (ab * STDS**2 + 1 - ab)  # x0_hat = gain x + (1 - gain sqrt(ab)) mean
        c0, c1 = before.sqrt() * beta / (1 - ab), (1 - beta).sqrt() * (1 - before) / (1 - ab)
        m = c0 * (gain * m + (1 - gain * ab.sqrt()) * mean) + c1 * m
        variance = (c0 * gain + c1) ** 2 * variance + beta * (1 - before) / (1 - ab)
    return m, variance.sqrt()


def test_ddpm_draws_the_data():
    noise = torch.randn(20000, len(STDS), generator=torch_generator(0, "a"))
    std = STDS.float()
    drawn = ddpm(exact_denoiser(1.0, std), SCHEDULE, noise, torch_generator(0, "b"))
    mean, spread = (m.float() for m in ddpm_moments())
    assert ((drawn.mean(0) - mean).abs() / std).max() < 0.03
    assert (drawn.std(0) / spread - 1).abs().max() < 0.02
    assert ((drawn.mean(0) - 1).abs() / std)[2:].max() < 0.03
    assert (drawn.std(0) / std - 1).abs()[2:].max() < 0.03


def test_fast_equals_ddpm():
    run = partial(dpm_solver_pp_2m, n_steps=FAST.n_steps, grid=FAST.grid, primed=FAST.primed)
    mean, std = moments(run)
    ddpm_mean, ddpm_std = ddpm_moments()
    assert ((mean - ddpm_mean).abs() / STDS).max() < 0.007
    assert (std / ddpm_std - 1).abs()[2:].max() < 0.02
    # Below std 0.2 it is DDPM that is narrow: it is nearer to the truth than DDPM.
    assert ((std / STDS - 1).abs() < (ddpm_std / STDS - 1).abs())[:2].all()
    assert (std / STDS - 1).abs().max() < 0.02
    assert len(visited_steps(FAST, SCHEDULE)) + 1 <= 40


@pytest.mark.parametrize("change", [{"primed": False}, {"grid": "uniform"}])
def test_what_makes_fast_good(change):
    run = partial(dpm_solver_pp_2m, **{"n_steps": FAST.n_steps, "grid": FAST.grid, "primed": True, **change})
    mean, std = moments(run)
    off_mean, off_std = ((mean - 1).abs() / STDS).max(), (std / STDS - 1).abs().max()
    assert off_mean > 0.06 or off_std > 0.1


def flow(mean=1.0):
    """The true probability flow from x_T = z to the last grid point and on to the predicted x0."""
    last, first = SCHEDULE.alpha_bar[999], SCHEDULE.alpha_bar[0]
    v_last, v_first = last * STDS**2 + 1 - last, first * STDS**2 + 1 - first
    x = first.sqrt() * mean + (v_first / v_last).sqrt() * (torch.ones_like(STDS) - last.sqrt() * mean)
    return clean_from_noise(SCHEDULE, x[None], exact_denoiser(mean, STDS)(x[None], 0), 0)[0]


@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (dpm_solver_pp_2m, 2)])
def test_convergence_order(sampler, order):
    # log_snr grids; the error of the end point against the true flow, each time with half the step length.
    noise, denoise = torch.ones(1, len(STDS), dtype=torch.float64), exact_denoiser(1.0, STDS)
    coarse, fine = (
        (sampler(denoise, SCHEDULE, noise, n_steps=n, grid="log_snr", primed=False)[0] - flow()).abs()[3:]
        for n in (11, 21)
    )
    measured = torch.log2(coarse / fine)
    assert (measured.mean() - order).abs() < 0.4, measured


def test_sde_solver_draws_the_data():
    noise = torch.randn(20000, len(STDS), generator=torch_generator(1, "a"))
    std = STDS.float()
    drawn = sde_dpm_solver_pp_2m(exact_denoiser(1.0, std), SCHEDULE, noise, torch_generator(1, "b"), n_steps=60)
    assert ((drawn.mean(0) - 1).abs() / std).max() < 0.03
    assert (drawn.std(0) / std - 1).abs().max() < 0.025


def test_ddim_with_full_noise_is_ddpm():
    # eta = 1 on every step is ancestral sampling, number by number.
    noise = torch.randn(8, len(STDS), generator=torch_generator(2, "a"), dtype=torch.float64)
    denoise = exact_denoiser(0.5, STDS)
    one = ddim(denoise, SCHEDULE, noise, torch_generator(3), n_steps=1000, eta=1.0, primed=False)
    assert torch.allclose(one, ddpm(denoise, SCHEDULE, noise, torch_generator(3)), atol=1e-6)


@pytest.mark.parametrize("config", [FAST, DDIM_250, ANCESTRAL, SamplerConfig("sde_dpm_solver_pp_2m", 60)])
def test_correlated_gaussian(config):
    mix = torch.tensor([[0.6, 0.0, 0.0], [0.5, 0.3, 0.0], [-0.2, 0.1, 0.2]])
    covariance, mean = mix @ mix.T, torch.tensor([0.5, -1.0, 0.2])

    def denoise(x, t):
        ab = float(SCHEDULE.alpha_bar[t])
        return (1 - ab) ** 0.5 * (x - ab**0.5 * mean) @ torch.linalg.inv(ab * covariance + (1 - ab) * torch.eye(3))

    noise = torch.randn(20000, 3, generator=torch_generator(4, "a"))
    drawn = sample(config, denoise, SCHEDULE, noise, torch_generator(4, "b"))
    assert torch.allclose(torch.cov(drawn.T), covariance, atol=0.02)
    assert torch.allclose(drawn.mean(0), mean, atol=0.02)


@pytest.mark.parametrize("config", [FAST, SamplerConfig("sde_dpm_solver_pp_2m", 60)])
def test_mixture_keeps_both_modes(config):
    centres, std, share = torch.tensor([-0.8, 0.6]), 0.15, torch.tensor([0.3, 0.7])

    def denoise(x, t):
        ab = float(SCHEDULE.alpha_bar[t])
        v = ab * std**2 + 1 - ab
        away = x - ab**0.5 * centres  # (N, 2)
        weight = torch.softmax(-(away**2) / (2 * v) + share.log(), -1)
        return (1 - ab) ** 0.5 / v * (weight * away).sum(-1, keepdim=True)

    noise = torch.randn(40000, 1, generator=torch_generator(5, "a"))
    drawn = sample(config, denoise, SCHEDULE, noise, torch_generator(5, "b"))[:, 0]
    low = drawn[drawn < -0.1]
    assert abs(len(low) / len(drawn) - 0.3) < 0.02
    assert abs(float(low.mean()) + 0.8) < 0.01
    assert abs(float(low.std()) / std - 1) < 0.06


def test_one_forward_step():
    clean, noise = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.5, 1.0]])
    t = torch.tensor([0])
    assert torch.allclose(SCHEDULE.noised(clean, noise, t), 0.9999**0.5 * clean + 0.01 * noise)
    noisy = SCHEDULE.noised(clean.double(), noise.double(), torch.tensor([700]))
    assert torch.allclose(clean_from_noise(SCHEDULE, noisy, noise.double(), 700), clean.double())
    assert torch.allclose(noise_from_clean(SCHEDULE, noisy, clean.double(), 700), noise.double())


def test_schedule_is_the_papers():
    assert float(SCHEDULE.beta[0]) == pytest.approx(1e-4)
    assert float(SCHEDULE.beta[-1]) == pytest.approx(1e-2)
    assert float(SCHEDULE.alpha_bar[-1]) == pytest.approx(0.0063, abs=1e-4)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("n", [2, 10, 40, 1000])
def test_grids_fall_from_last_to_first(grid, n):
    steps = time_grid(SCHEDULE, n, grid)
    assert steps[0] == 999
    assert steps[-1] == 0
    assert all(a > b for a, b in pairwise(steps))
    assert len(steps) <= n
    if grid == "uniform":
        assert len(steps) == n


def test_every_visited_step_is_announced():
    for config in (FAST, DDIM_250, ANCESTRAL, SamplerConfig("sde_dpm_solver_pp_2m", 20)):
        seen = set()

        def denoise(x, t, seen=seen):
            seen.add(t)
            return x

        sample(config, denoise, SCHEDULE, torch.zeros(1, 2), torch_generator(0))
        assert seen == set(visited_steps(config, SCHEDULE))


def test_noise_per_photo_does_not_depend_on_the_batch():
    together = unit_noise((3, 5, 2), [torch_generator(0, i) for i in range(3)])
    assert torch.equal(together[2:], unit_noise((1, 5, 2), [torch_generator(0, 2)]))
    with pytest.raises(InputError, match="generators"):
        unit_noise((3, 2), [torch_generator(0)])


def test_wrong_use_is_refused():
    with pytest.raises(ChoiceError, match="log_snr"):
        inspect.unwrap(time_grid)(SCHEDULE, 10, "nonesuch")  # past the type checker that the tests run under
    with pytest.raises(ConfigError):
        time_grid(SCHEDULE, 1)
    with pytest.raises(InputError, match="generator"):
        sample(ANCESTRAL, lambda x, t: x, SCHEDULE, torch.zeros(1, 2))
