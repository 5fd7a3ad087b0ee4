"""The noise schedule: how much signal is left at each diffusion step."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from manyfaces.core.errors import ConfigError


@dataclass(frozen=True)
class ScheduleConfig:
    """Linear variance schedule of the OFER paper.

    Attributes:
        n_steps: number of diffusion steps T.
        beta_start: noise variance added at the first step (t = 0).
        beta_end: noise variance added at the last step (t = T - 1).
    """

    n_steps: int = 1000
    beta_start: float = 1e-4
    beta_end: float = 1e-2


@dataclass(frozen=True)
class Schedule:
    """Tables over the diffusion steps t = 0..T-1, in float64: 1 - alpha_bar cancels badly in float32 near t = 0.

    Attributes:
        beta: (T,) variance added at step t.
        alpha_bar: (T,) remaining signal power after step t, the product of 1 - beta.
    """

    beta: Float64[Tensor, " T"]
    alpha_bar: Float64[Tensor, " T"]

    @property
    def n_steps(self) -> int:
        """Number of steps T."""
        return len(self.beta)

    @property
    def signal(self) -> Float64[Tensor, " T"]:
        """sqrt(alpha_bar): the factor of the clean sample in x_t."""
        return self.alpha_bar.sqrt()

    @property
    def sigma(self) -> Float64[Tensor, " T"]:
        """sqrt(1 - alpha_bar): the standard deviation of the noise in x_t."""
        return (1 - self.alpha_bar).sqrt()

    @property
    def half_log_snr(self) -> Float64[Tensor, " T"]:
        """Lambda of the DPM-Solver papers, log(signal / sigma); falls with t."""
        return self.signal.log() - self.sigma.log()

    def noised(
        self, clean: Float[Tensor, "*B D"], noise: Float[Tensor, "*B D"], t: Int[Tensor, "*B"]
    ) -> Float[Tensor, "*B D"]:
        """Draw x_t = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps (DDPM, eq. 4) for given eps.

        Args:
            clean: x0.
            noise: eps, unit normal.
            t: step of each row, 0..T-1.
        """
        signal = self.signal.to(t.device)[t].to(clean)[..., None]
        sigma = self.sigma.to(t.device)[t].to(clean)[..., None]
        return signal * clean + sigma * noise


def linear_schedule(config: ScheduleConfig = ScheduleConfig()) -> Schedule:
    """Build the schedule whose variances rise linearly.

    Raises:
        ConfigError: fewer than two steps, or variances outside (0, 1).
    """
    if config.n_steps < 2 or not 0 < config.beta_start <= config.beta_end < 1:
        raise ConfigError(f"impossible schedule {config}", "needs n_steps >= 2 and 0 < beta_start <= beta_end < 1")
    beta = torch.linspace(config.beta_start, config.beta_end, config.n_steps, dtype=torch.float64)
    return Schedule(beta, torch.cumprod(1 - beta, 0))
