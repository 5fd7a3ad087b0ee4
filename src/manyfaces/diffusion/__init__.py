"""Schedules, parametrisations and samplers of diffusion models. Knows nothing of faces."""

from manyfaces.diffusion.grids import GRIDS, GridName, time_grid
from manyfaces.diffusion.noise import BatchDraws, BatchStream, Generators, NoiseSource, unit_noise
from manyfaces.diffusion.parametrisation import Denoiser, Posterior, clean_from_noise, noise_from_clean, posterior
from manyfaces.diffusion.published import published_ddim, published_ddim_step, published_steps
from manyfaces.diffusion.samplers import (
    ANCESTRAL,
    DDIM_250,
    FAST,
    SAMPLERS,
    SamplerConfig,
    SamplerName,
    ddim,
    ddpm,
    dpm_solver_pp_2m,
    primed_start,
    sample,
    sde_dpm_solver_pp_2m,
    visited_steps,
)
from manyfaces.diffusion.schedule import Schedule, ScheduleConfig, linear_schedule

__all__ = [
    "ANCESTRAL",
    "DDIM_250",
    "FAST",
    "GRIDS",
    "SAMPLERS",
    "BatchDraws",
    "BatchStream",
    "Denoiser",
    "Generators",
    "GridName",
    "NoiseSource",
    "Posterior",
    "SamplerConfig",
    "SamplerName",
    "Schedule",
    "ScheduleConfig",
    "clean_from_noise",
    "ddim",
    "ddpm",
    "dpm_solver_pp_2m",
    "linear_schedule",
    "noise_from_clean",
    "posterior",
    "primed_start",
    "published_ddim",
    "published_ddim_step",
    "published_steps",
    "sample",
    "sde_dpm_solver_pp_2m",
    "time_grid",
    "unit_noise",
    "visited_steps",
]
