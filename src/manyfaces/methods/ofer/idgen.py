"""IdGen: the identities that fit a photo (OFER, section 3.2)."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.diffusion import BatchDraws, Generators, SamplerConfig
from manyfaces.methods.ofer.config import OferConfig
from manyfaces.methods.ofer.encoder import GivenCondition
from manyfaces.methods.ofer.generator import CoefficientGenerator


class IdGen(nn.Module):
    """Diffusion over identity coefficients, conditioned on the photo.

    Args:
        config: sizes.
        encoder: a `ConditionEncoder` module; none if observations are condition vectors already.
    """

    def __init__(self, config: OferConfig, encoder: nn.Module | None = None):
        super().__init__()
        self.config = config
        self.encoder = encoder if encoder is not None else GivenCondition()
        self.generator = CoefficientGenerator(
            config.n_identity, config.identity_condition_dim, config.idgen, config.schedule, config.standardised
        )

    def loss(self, observation: Any, identity: Float[Tensor, "B S"], generator: BatchDraws) -> Float[Tensor, ""]:
        """Training loss of a batch of observations with their true identities."""
        return self.generator.loss(self.encoder(observation), identity, generator)

    @torch.no_grad()
    def fit_standardiser(self, observation: Any, identity: Float[Tensor, "B S"]) -> None:
        """Take what a linear fit says of the identity from training examples, before training begins."""
        self.generator.fit_standardiser(self.encoder(observation), identity)

    @torch.no_grad()
    def sample(
        self, observation: Any, n: int, generator: Generators, sampler: SamplerConfig | None = None
    ) -> Float[Tensor, "B n S"]:
        """Draw n identities for each observation, in standard deviations of the head model."""
        return self.generator.sample(self.encoder(observation), n, generator, sampler or self.config.sampler)

    @torch.no_grad()
    def deviation(self, observation: Any) -> Float[Tensor, "B S"] | None:
        """How unsure each identity coefficient is, by the linear fit; None without one."""
        if self.generator.standardiser is None:
            return None  # before anything is encoded a second time
        return self.generator.deviation(self.encoder(observation))
