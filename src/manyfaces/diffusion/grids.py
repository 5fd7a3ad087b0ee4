"""Which of the training steps a few-step sampler visits."""

from typing import Literal

import numpy as np

from manyfaces.core.errors import ChoiceError, ConfigError
from manyfaces.diffusion.schedule import Schedule

GridName = Literal["uniform", "quadratic", "log_snr", "karras"]
GRIDS: tuple[GridName, ...] = ("uniform", "quadratic", "log_snr", "karras")


def time_grid(schedule: Schedule, n_steps: int, grid: GridName = "log_snr") -> tuple[int, ...]:
    """Choose steps from T - 1 down to 0.

    Steps are whole numbers, because the networks are trained at those only; rounding may merge two, so the grid can
    be a little shorter than asked.

    Args:
        schedule: the noise schedule.
        n_steps: number of network calls wanted, 2..T.
        grid: `uniform` in t; `quadratic` in t, dense near 0; `log_snr`: uniform in log(signal / sigma), the
            DPM-Solver choice; `karras`: uniform in (sigma / signal)^(1/7) (Karras et al. 2022, eq. 5).

    Raises:
        ConfigError: n_steps out of range.
        ChoiceError: unknown grid.
    """
    last = schedule.n_steps - 1
    if not 2 <= n_steps <= schedule.n_steps:
        raise ConfigError(f"a sampler needs 2..{schedule.n_steps} steps, got {n_steps}")
    u = np.linspace(0.0, 1.0, n_steps)
    lam = schedule.half_log_snr.cpu().numpy()
    if grid == "uniform":
        t = last * (1 - u)
    elif grid == "quadratic":
        t = last * (1 - u) ** 2
    elif grid == "log_snr":
        t = _invert(lam[last] + u * (lam[0] - lam[last]), lam)
    elif grid == "karras":
        root = np.exp(-lam / 7)
        t = _invert(-7 * np.log(root[last] + u * (root[0] - root[last])), lam)
    else:
        raise ChoiceError("time grid", grid, GRIDS)
    return tuple(int(step) for step in np.unique(np.rint(t))[::-1])


def _invert(wanted: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """Fractional t at which the (falling) half log-SNR takes the wanted values."""
    return np.interp(-wanted, -lam, np.arange(len(lam)))
