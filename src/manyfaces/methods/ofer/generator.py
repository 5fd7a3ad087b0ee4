"""A conditional diffusion model over a vector of coefficients: what IdGen and ExpGen share."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import InputError
from manyfaces.diffusion import (
    BatchDraws,
    BatchStream,
    Generators,
    SamplerConfig,
    ScheduleConfig,
    linear_schedule,
    sample,
    unit_noise,
    visited_steps,
)
from manyfaces.losses import noise_l1
from manyfaces.methods.ofer.config import UNetConfig
from manyfaces.nn import ConditionalStandardiser, UNet1D


class CoefficientGenerator(nn.Module):
    """A denoising U-Net with its schedule, on raw coefficients or on those brought to unit variance.

    Args:
        dim: number of coefficients D.
        context_dim: length C of the context vector.
        unet: sizes of the trunk.
        schedule: the noise schedule.
        standardised: diffuse what the standardiser leaves of the coefficients, not the coefficients.
    """

    def __init__(
        self, dim: int, context_dim: int, unet: UNetConfig, schedule: ScheduleConfig, standardised: bool = True
    ):
        super().__init__()
        self.dim, self.context_dim = dim, context_dim
        self.schedule = linear_schedule(schedule)
        self.standardiser = ConditionalStandardiser(dim, context_dim) if standardised else None
        self.net = UNet1D(dim, context_dim, unet.widths, unet.heads, unet.head_dim, unet.n_qkv, unet.time_dim)

    def loss(
        self, context: Float[Tensor, "B C"], clean: Float[Tensor, "B D"], generator: BatchDraws
    ) -> Float[Tensor, ""]:
        """Mean absolute error of the predicted noise at random steps (OFER, eq. 2).

        Args:
            context: condition of each example.
            clean: its true coefficients, raw.
            generator: source of the steps and of the noise.
        """
        stream = generator if isinstance(generator, BatchStream) else BatchStream(generator)
        n_steps = self.schedule.n_steps
        t = (stream.spread(len(clean)) * n_steps).long().clamp(max=n_steps - 1).to(clean.device)
        noise = stream.normal(clean)
        if self.standardiser is not None:
            clean = self.standardiser(clean, context)
        noisy = self.schedule.noised(clean, noise, t)
        return noise_l1(self.net(noisy, t, context), noise)

    @torch.no_grad()
    def fit_standardiser(self, context: Float[Tensor, "N C"], clean: Float[Tensor, "N D"]) -> None:
        """Take what a linear fit says of the coefficients from examples; nothing to do where they are diffused raw."""
        if self.standardiser is not None:
            self.standardiser.fit(clean, context)

    @torch.no_grad()
    def deviation(self, context: Float[Tensor, "B C"]) -> Float[Tensor, "B D"] | None:
        """How unsure each coefficient is by the linear fit; None without one."""
        return None if self.standardiser is None else self.standardiser.std(context)

    @torch.no_grad()
    def sample(
        self,
        context: Float[Tensor, "*P C"],
        n: int,
        generator: Generators,
        sampler: SamplerConfig,
    ) -> Float[Tensor, "*P N D"]:
        """Draw n vectors of coefficients for each context.

        Args:
            context: (B, C).
            n: samples per context.
            generator: one, or one per context.
            sampler: how to sample.

        Raises:
            InputError: n < 1, or a context of the wrong length.
        """
        return self.sample_each(context[..., None, :], n, generator, sampler)

    @torch.no_grad()
    def sample_each(
        self,
        context: Float[Tensor, "*P M C"],
        n: int,
        generator: Generators,
        sampler: SamplerConfig,
    ) -> Float[Tensor, "*P N D"]:
        """Draw n vectors; the context is one per sample (M = n) or shared (M = 1)."""
        if n < 1 or context.shape[-2] not in (1, n):
            raise InputError(f"cannot draw {n} samples with {context.shape[-2]} contexts")
        if context.shape[-1] != self.context_dim:
            raise InputError(f"the condition has {context.shape[-1]} numbers, the network wants {self.context_dim}")
        prepared = self.net.prepare(context, visited_steps(sampler, self.schedule))
        noise = unit_noise((*context.shape[:-2], n, self.dim), generator, context)
        if sampler.central:
            noise[..., 0, :] = 0
        clean = sample(sampler, lambda noisy, t: self.net.denoise(noisy, t, prepared), self.schedule, noise, generator)
        return clean if self.standardiser is None else self.standardiser.inverse(clean, context)
