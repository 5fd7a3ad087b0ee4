"""The three networks together."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.diffusion import Generators, SamplerConfig
from manyfaces.methods.ofer.config import OferConfig, RankingName
from manyfaces.methods.ofer.consensus import Consensus
from manyfaces.methods.ofer.expgen import ExpGen, Expressions
from manyfaces.methods.ofer.idgen import IdGen
from manyfaces.methods.ofer.idrank import FrontFace, IdRank, Ranking
from manyfaces.nn import Execution


class Ofer(nn.Module):
    """Condition -> identities -> ranking -> expressions.

    Args:
        config: sizes and sampler.
        front: front face of the head model, for ranking.
        encoders: one for each of idgen, idrank and expgen, as each network owns and trains its encoder; none if
            conditions are given as vectors.
    """

    def __init__(self, config: OferConfig, front: FrontFace, encoders: Mapping[str, nn.Module] | None = None):
        super().__init__()
        own = encoders or {}
        self.config = config
        self.idgen = IdGen(config, own.get("idgen"))
        self.idrank = IdRank(config, front, own.get("idrank"))
        self.consensus = Consensus(front)
        self.expgen = ExpGen(config, own.get("expgen"))

    def sample_identities(
        self, condition: Any, n: int, generator: Generators, sampler: SamplerConfig | None = None
    ) -> Float[Tensor, "B n S"]:
        """Draw n identities for each photo (IdGen).

        Args:
            condition: a batch of what the encoder takes; (B, C) vectors if there is none.
            n: how many.
            generator: one, or one per photo so that a photo's faces do not depend on its batch.
            sampler: how; the configured way by default.
        """
        return self.idgen.sample(condition, n, generator, sampler)

    def rank(self, condition: Any, identities: Float[Tensor, "B N S"], by: RankingName | None = None) -> Ranking:
        """Order identities, best first: by IdRank or by their consensus; the configured way by default."""
        ranker = self.consensus if (by or self.config.ranking) == "consensus" else self.idrank
        return ranker.rank(condition, identities)

    def sample_expressions(
        self,
        condition: Any,
        identity: Float[Tensor, "B S"] | Float[Tensor, "B M S"] | None,
        m: int,
        generator: Generators,
        sampler: SamplerConfig | None = None,
    ) -> Expressions:
        """Draw m expressions with jaw for each photo (ExpGen), on one identity per photo or one per sample."""
        return self.expgen.sample(condition, identity, m, generator, sampler)

    def run_as(self, execution: Execution) -> None:
        """Sample in this way from now on: another number format, or compiled."""
        for part in (self.idgen, self.expgen):
            part.generator.execution = execution

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device
