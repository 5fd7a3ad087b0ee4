"""From the noise a network predicts to the clean sample, and back, at one step t."""

from jaxtyping import Float
from torch import Tensor

from manyfaces.diffusion.schedule import Schedule


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
