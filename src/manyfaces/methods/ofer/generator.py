"""A conditional diffusion model over a vector of coefficients: what IdGen and ExpGen share."""

from functools import partial

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
from manyfaces.nn import ConditionalStandardiser, Execution, FrozenUNet1D, UNet1D


class CoefficientGenerator(nn.Module):
    """A denoising U-Net with its schedule, on raw coefficients or on those brought to unit variance.

    Args:
        dim: number of coefficients D.
        context_dim: length C of the context vector.
        unet: sizes of the trunk.
        schedule: the noise schedule.
        standardised: diffuse what the standardiser leaves of the coefficients, not the coefficients.
        normal_marginals: bring each coefficient to a normal law first.

    Attributes:
        execution: how the network runs when it samples; may be set at any time.
    """

    def __init__(
        self,
        dim: int,
        context_dim: int,
        unet: UNetConfig,
        schedule: ScheduleConfig,
        standardised: bool = True,
        normal_marginals: bool = False,
    ):
        super().__init__()
        self.dim, self.context_dim = dim, context_dim
        self.schedule = linear_schedule(schedule)
        self.standardiser = ConditionalStandardiser(dim, context_dim, normal_marginals) if standardised else None
        self.net = UNet1D(dim, context_dim, unet.widths, unet.heads, unet.head_dim, unet.n_qkv, unet.time_dim)
        self.execution = Execution()
        self._frozen: tuple[object, FrozenUNet1D] | None = None

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
        return None if self.standardiser is None else self.standardiser.deviation(context)

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
        denoiser = self._frozen_net().prepare(context, visited_steps(sampler, self.schedule))
        noise = unit_noise((*context.shape[:-2], n, self.dim), generator, context)
        if sampler.central:
            noise[..., 0, :] = 0
        workers = self.execution.workers
        draw = partial(sample, sampler, denoiser, self.schedule, noise, generator)
        clean = draw() if workers is None else workers.run(draw)
        return clean if self.standardiser is None else self.standardiser.inverse(clean, context)

    def _frozen_net(self) -> FrozenUNet1D:
        """The network for sampling, made anew where weights have changed since the last time."""
        # Every in-place change through torch raises a tensor's version; moving it gives it another address.
        state = self.execution, *((p.data_ptr(), 0 if p.is_inference() else p._version) for p in self.net.parameters())
        if self._frozen is None or self._frozen[0] != state:
            self._frozen = state, FrozenUNet1D(self.net, self.execution)
        return self._frozen[1]

    def __getstate__(self) -> dict[str, object]:
        """What copies and pickles take along: not the frozen network, which is made again where it is needed."""
        return {**self.__dict__, "_frozen": None}
