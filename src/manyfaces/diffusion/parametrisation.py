"""From the noise a network predicts to the clean sample and back, and to the law of the step before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from jaxtyping import Float
from torch import Tensor

from manyfaces.diffusion.schedule import Schedule

Denoiser: TypeAlias = Callable[[Tensor, int], Tensor]
"""Predicts the noise in x_t, given x_t and the step t that all its rows are at."""


def clean_from_noise(
    schedule: Schedule, noisy: Float[Tensor, "*B D"], noise: Float[Tensor, "*B D"], t: int
) -> Float[Tensor, "*B D"]:
    """x0 = (x_t - sqrt(1 - alpha_bar_t) eps) / sqrt(alpha_bar_t)."""
    alpha_bar = float(schedule.alpha_bar[t])
    return (noisy - (1 - alpha_bar) ** 0.5 * noise) / alpha_bar**0.5


def noise_from_clean(
    schedule: Schedule, noisy: Float[Tensor, "*B D"], clean: Float[Tensor, "*B D"], t: int
) -> Float[Tensor, "*B D"]:
    """Eps = (x_t - sqrt(alpha_bar_t) x0) / sqrt(1 - alpha_bar_t)."""
    alpha_bar = float(schedule.alpha_bar[t])
    return (noisy - alpha_bar**0.5 * clean) / (1 - alpha_bar) ** 0.5


@dataclass(frozen=True)
class Posterior:
    """The normal law of x_{t-1} given x_t and x0.

    Attributes:
        mean: of each number.
        std: the same for all numbers; 0 at t = 0, where x_{t-1} is x0.
    """

    mean: Float[Tensor, "*B D"]
    std: float


def posterior(schedule: Schedule, noisy: Float[Tensor, "*B D"], clean: Float[Tensor, "*B D"], t: int) -> Posterior:
    """The law of the step before, q(x_{t-1} | x_t, x0) (Ho et al. 2020, eq. 6 and 7)."""
    beta, alpha_bar = float(schedule.beta[t]), float(schedule.alpha_bar[t])
    previous = float(schedule.alpha_bar[t - 1]) if t else 1.0
    # mean = sqrt(ab_{t-1}) beta / (1 - ab_t) x0 + sqrt(1 - beta) (1 - ab_{t-1}) / (1 - ab_t) x_t
    of_clean, of_noisy = previous**0.5 * beta, (1 - beta) ** 0.5 * (1 - previous)
    mean = of_clean / (1 - alpha_bar) * clean + of_noisy / (1 - alpha_bar) * noisy
    return Posterior(mean, (beta * (1 - previous) / (1 - alpha_bar)) ** 0.5)
