"""ExpGen: the expressions that fit a photo (OFER, section 3.4)."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import InputError
from manyfaces.diffusion import BatchDraws, Generators, SamplerConfig
from manyfaces.methods.ofer.config import OferConfig
from manyfaces.methods.ofer.encoder import GivenCondition
from manyfaces.methods.ofer.generator import CoefficientGenerator


@dataclass(frozen=True)
class Expressions:
    """Sampled expressions.

    Attributes:
        expression: (B, M, E) coefficients.
        jaw: (B, M, 3) axis-angle, radians.
    """

    expression: Float[Tensor, "B M E"]
    jaw: Float[Tensor, "B M J"]


class ExpGen(nn.Module):
    """Diffusion over expression and jaw together, conditioned on the photo and, optionally, the identity.

    Args:
        config: sizes.
        encoder: a `ConditionEncoder` module; none if observations are condition vectors already.
    """

    def __init__(self, config: OferConfig, encoder: nn.Module | None = None):
        super().__init__()
        self.config = config
        self.encoder = encoder if encoder is not None else GivenCondition()
        context = config.expression_condition_dim + (config.n_identity if config.expgen_sees_identity else 0)
        self.generator = CoefficientGenerator(
            config.n_expression + config.n_jaw,
            context,
            config.expgen,
            config.schedule,
            config.standardised,
            config.normal_expressions,
        )

    def loss(
        self,
        observation: Any,
        identity: Float[Tensor, "B S"],
        expression: Float[Tensor, "B E"],
        jaw: Float[Tensor, "B J"],
        generator: BatchDraws,
    ) -> Float[Tensor, ""]:
        """Training loss of a batch of observations with their true coefficients."""
        context = self._context(self.encoder(observation)[:, None], identity[:, None])[:, 0]
        return self.generator.loss(context, torch.cat([expression, jaw], -1), generator)

    @torch.no_grad()
    def fit_standardiser(
        self,
        observation: Any,
        identity: Float[Tensor, "B S"],
        expression: Float[Tensor, "B E"],
        jaw: Float[Tensor, "B J"],
    ) -> None:
        """Take what a linear fit says of expression and jaw from training examples, before training begins."""
        context = self._context(self.encoder(observation)[:, None], identity[:, None])[:, 0]
        self.generator.fit_standardiser(context, torch.cat([expression, jaw], -1))

    @torch.no_grad()
    def sample(
        self,
        observation: Any,
        identity: Float[Tensor, "B S"] | Float[Tensor, "B M S"] | None,
        m: int,
        generator: Generators,
        sampler: SamplerConfig | None = None,
    ) -> Expressions:
        """Draw m expressions for each observation.

        Args:
            observation: a batch.
            identity: the chosen identity of each photo, or one for each of the m samples; not used when the network
                does not see the identity.
            m: samples per photo.
            generator: one, or one per photo.
            sampler: how to sample; the configured way by default.

        Raises:
            InputError: the network needs an identity and got none.
        """
        if identity is not None and identity.ndim == 2:
            identity = identity[:, None]
        context = self._context(self.encoder(observation)[:, None], identity)
        drawn = self.generator.sample_each(context, m, generator, sampler or self.config.sampler)
        expression, jaw = drawn.split([self.config.n_expression, self.config.n_jaw], -1)
        return Expressions(expression, jaw)

    @torch.no_grad()
    def deviation(self, observation: Any, identity: Float[Tensor, "B S"] | None) -> Float[Tensor, "B E"] | None:
        """How unsure each expression coefficient is, by the linear fit; None without one."""
        if self.generator.standardiser is None:
            return None  # before anything is encoded a second time
        given = None if identity is None else identity[:, None]
        context = self._context(self.encoder(observation)[:, None], given)[:, 0]
        deviation = self.generator.deviation(context)
        return None if deviation is None else deviation[:, : self.config.n_expression]

    def _context(
        self, condition: Float[Tensor, "B 1 C"], identity: Float[Tensor, "B M S"] | None
    ) -> Float[Tensor, "B _ _"]:
        if not self.config.expgen_sees_identity:
            return condition
        if identity is None:
            raise InputError("this expression network is conditioned on the identity", "pass the chosen identity")
        return torch.cat([condition.expand(-1, identity.shape[1], -1), identity], -1)
