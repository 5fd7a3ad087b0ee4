"""The noise schedule and single updates of the samplers, without a network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64

from manyfaces.bench.vectors.comparison import EQUAL, Comparison, Tolerance, compare, worst
from manyfaces.bench.vectors.folder import VectorSet
from manyfaces.diffusion import Schedule, clean_from_noise, linear_schedule, posterior, published_ddim_step
from manyfaces.methods.ofer import PAPER

#: The published tables are float32 and cancel near t = 0; ours are float64.
EARLY, LATE, N_EARLY = Tolerance(relative=3e-4), Tolerance(relative=1e-4), 10
STEP, CLEAN, POSTERIOR = Tolerance(2e-5), Tolerance(1e-4), Tolerance(2e-3)
SMALLEST_VARIANCE = 1e-20
"""The published code takes the logarithm of no smaller one."""


def tables(schedule: Schedule) -> dict[str, Float64[np.ndarray, " T"]]:
    """Every table of a published checkpoint, by its name there, from our schedule."""
    beta, ab = schedule.beta.numpy(), schedule.alpha_bar.numpy()
    alpha, before = 1 - beta, np.concatenate([[1.0], ab[:-1]])
    variance = beta * (1 - before) / (1 - ab)
    return {
        "betas": beta,
        "alphas": alpha,
        "alphas_cumprod": ab,
        "alphas_cumprod_prev": before,
        "sqrt_alpha_cumprod": np.sqrt(ab),
        "sqrt_alpha": np.sqrt(alpha),
        "sqrt_recip_alpha": 1 / np.sqrt(alpha),
        "sqrt_one_minus_alpha_cumprod": np.sqrt(1 - ab),
        "log_one_minus_alpha_cumprod": np.log(1 - ab),
        "sqrt_recip_alpha_cumprod": 1 / np.sqrt(ab),
        "sqrt_recip_minus_one_alpha_cumprod": np.sqrt(1 / ab - 1),
        "posterior_variance": variance,
        "posterior_log_variance_clipped": np.log(np.maximum(variance, SMALLEST_VARIANCE)),
        "posterior_mean_coeff1": beta * np.sqrt(before) / (1 - ab),
        "posterior_mean_coeff2": (1 - before) * np.sqrt(alpha) / (1 - ab),
        "posterior_mean_coeff3": beta / np.sqrt(1 - ab),
        "mean_coeff": (1 - ab) / beta,
        "sigma_eta0": np.zeros_like(ab),
        "sigma_eta1": np.sqrt(variance),
    }


def check_schedule(vectors: VectorSet) -> list[Comparison]:
    """Our schedule against all published tables."""
    ours, theirs = tables(linear_schedule(PAPER.schedule)), vectors.arrays("schedule")
    result = []
    for group in ("train", "sampling"):
        names = [name for name in theirs if name.startswith(f"{group}.")]
        for where, part, tolerance in (("t < 10", slice(N_EARLY), EARLY), ("t >= 10", slice(N_EARLY, None), LATE)):
            parts = [
                compare("schedule", name, ours[name.removeprefix(f"{group}.")][part], theirs[name][part], tolerance)
                for name in names
            ]
            result.append(worst(f"{group}.* ({len(names)}), {where}", parts))
    return result


def check_steps(vectors: VectorSet) -> list[Comparison]:
    """Single updates from given x_t, eps and z, each row at its own t, in float64."""
    file, theirs = "sampler_steps", vectors.arrays("sampler_steps")
    inputs = {name: vectors.input(f"steps.{key}", 4, PAPER.n_identity) for name, key in INPUTS.items()}
    ours = _updates(inputs, theirs["t"].tolist())
    result = [worst("inputs", [compare(file, "", array, theirs[name], EQUAL) for name, array in inputs.items()])]
    result += [compare(file, name, ours[name], theirs[name], tolerance) for name, tolerance in QUANTITIES.items()]
    return result


INPUTS = {"x_t": "x", "eps": "eps", "z": "z"}
QUANTITIES = {
    "pred_x0": CLEAN,
    "ddpm.mean": STEP,
    "ddpm.std": STEP,
    "ddpm.x_prev": STEP,
    "posterior.mean": POSTERIOR,
    "posterior.log_variance_clipped": POSTERIOR,
    "posterior.x_prev": POSTERIOR,
    "quirk_ddim.x_next": STEP,
}


def _updates(inputs: Mapping[str, torch.Tensor], steps: list[int]) -> dict[str, Any]:
    schedule = linear_schedule(PAPER.schedule)
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in QUANTITIES}
    for x, eps, z, t in zip(*(array.double() for array in inputs.values()), steps, strict=True):
        clean = clean_from_noise(schedule, x, eps, t)
        before = posterior(schedule, x, clean, t)
        std = torch.tensor([before.std], dtype=torch.float64)
        mean_std_sample = (before.mean, std, before.mean + std * z)
        found = {
            "pred_x0": clean,
            **dict(zip(("ddpm.mean", "ddpm.std", "ddpm.x_prev"), mean_std_sample, strict=True)),
            "posterior.mean": before.mean,
            "posterior.log_variance_clipped": std.square().clamp_min(SMALLEST_VARIANCE).log(),
            "posterior.x_prev": mean_std_sample[2],
            "quirk_ddim.x_next": published_ddim_step(schedule, x, eps, t),
        }
        for name, value in found.items():
            rows[name].append(value)
    return {name: torch.stack(values) for name, values in rows.items()}
