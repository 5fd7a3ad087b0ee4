"""The DDIM of OFER's published test script, which is wrong, to reproduce what it gives.

It strides over the steps, t = T - 1, T - 5, ..., 3, but each update goes to the noise level of t - 1 and not to that
of the next step, so the sample stays noisier than the network is told. A last update at t = -1 then reads the tables
from their end, those of T - 1. `ddim` is the right one.
"""

from jaxtyping import Float
from torch import Tensor

from manyfaces.diffusion.parametrisation import Denoiser, clean_from_noise
from manyfaces.diffusion.schedule import Schedule

STRIDE = 4


def published_steps(schedule: Schedule) -> tuple[int, ...]:
    """Every t at which the network is called; the last is -1."""
    return (*range(schedule.n_steps - 1, -1, -STRIDE), -1)


def published_ddim_step(
    schedule: Schedule, noisy: Float[Tensor, "*B D"], predicted: Float[Tensor, "*B D"], t: int
) -> Float[Tensor, "*B D"]:
    """One update with eta = 0 from step t to the noise level of t - 1; t = -1 counts from the tables' end."""
    t = t % schedule.n_steps
    target = float(schedule.alpha_bar[t - 1]) if t else 1.0
    clean = clean_from_noise(schedule, noisy, predicted, t)
    return target**0.5 * clean + (1 - target) ** 0.5 * predicted


def published_ddim(denoiser: Denoiser, schedule: Schedule, noise: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
    """Sample as the published script does.

    Args:
        denoiser: predicts the noise in x_t; it is also asked for t = -1.
        schedule: the schedule it was trained with.
        noise: x_T, unit normal.
    """
    x = noise
    for t in published_steps(schedule):
        x = published_ddim_step(schedule, x, denoiser(x, t), t)
    return x
