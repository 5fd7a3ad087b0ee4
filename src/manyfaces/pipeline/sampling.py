"""Identities, their ranking and expressions for a batch of faces, joined to hypotheses."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.diffusion import ANCESTRAL, DDIM_250, FAST, SamplerConfig
from manyfaces.methods.ofer import Ofer
from manyfaces.methods.ofer.compat import NO_QUIRKS, Compat
from manyfaces.methods.ofer.several_photos import sample_shared_identity

SamplerPreset = Literal["fast", "sde", "ddim", "ddpm"]
SAMPLER_PRESETS: dict[str, SamplerConfig] = {
    "fast": replace(FAST, central=True),
    # Forgets its start as DDPM does, and draws from the same law; the deterministic ones draw a little wider.
    "sde": SamplerConfig("sde_dpm_solver_pp_2m", n_steps=40, primed=False),
    "ddim": replace(DDIM_250, central=True),
    "ddpm": ANCESTRAL,
}
PUBLISHED_DDIM = SamplerConfig("published_ddim")


@dataclass(frozen=True)
class Hypotheses:
    """What was drawn for one face.

    Attributes:
        identities: all sampled identities.
        order: their rows, best first.
        scores: the ranker's probability of each row.
        identity_index: row of the identity of each hypothesis.
        expressions: expression of each hypothesis.
        jaw: jaw of each hypothesis, axis-angle.
        identity_deviation: how unsure each identity coefficient is, by the networks' linear fit or else by the spread
            of the samples.
        expression_deviation: the same of each expression coefficient.
    """

    identities: Float[Tensor, "N S"]
    order: Int[Tensor, " N"]
    scores: Float[Tensor, " N"]
    identity_index: Int[Tensor, " M"]
    expressions: Float[Tensor, "M E"]
    jaw: Float[Tensor, "M 3"]
    identity_deviation: Float[Tensor, " S"]
    expression_deviation: Float[Tensor, " E"]

    def with_identity(self, identity: Float[Tensor, "M S"]) -> "Hypotheses":
        """The same faces with other identities, which are sure: nothing may move them any more."""
        identities = self.identities.clone()
        identities[self.identity_index] = identity
        return replace(self, identities=identities, identity_deviation=torch.zeros_like(self.identity_deviation))


def draw_hypotheses(
    ofer: Ofer,
    condition: Any,
    generators: list[torch.Generator],
    n_identities: int,
    n_expressions: int,
    varied: bool,
    sampler: SamplerConfig,
    compat: Compat = NO_QUIRKS,
    one_person: bool = False,
) -> list[Hypotheses]:
    """Sample, rank and sample again (OFER, figure 3).

    Args:
        ofer: the three networks.
        condition: what the networks' encoders take, one row for each face.
        generators: one for each face.
        n_identities: N.
        n_expressions: M.
        varied: give the k-th hypothesis the k-th ranked identity instead of the first.
        sampler: for both generators.
        compat: with `wrong_ddim` identities are sampled as the published test script does; with `halve_jaw` jaws are
            turned half as far as they were drawn.
        one_person: all faces are of one person and share their identities and their ranking.
    """
    identity_sampler = PUBLISHED_DDIM if compat.wrong_ddim else sampler
    if one_person:
        vectors = ofer.idgen.encoder(condition)
        shared = sample_shared_identity(ofer.idgen, vectors, n_identities, generators[0], identity_sampler)
        identities = shared.expand(len(generators), -1, -1)
        ranking = ofer.rank(condition, identities).agreed()
    else:
        identities = ofer.sample_identities(condition, n_identities, generators, identity_sampler)
        ranking = ofer.rank(condition, identities)
    best_first = ranking.order[:, :n_expressions]
    rows = best_first if varied else best_first[:, :1].expand(-1, n_expressions)
    chosen = torch.take_along_dim(identities, rows[..., None], 1)
    drawn = ofer.sample_expressions(condition, chosen, n_expressions, generators, sampler)
    identity_deviation = ofer.idgen.deviation(condition)
    if identity_deviation is None:
        identity_deviation = _spread(identities)
    expression_deviation = ofer.expgen.deviation(condition, chosen[:, 0])
    if expression_deviation is None:
        expression_deviation = _spread(drawn.expression)
    jaw = drawn.jaw / 2 if compat.halve_jaw else drawn.jaw
    parts = (identities, ranking.order, ranking.scores, rows, drawn.expression, jaw)
    parts = (*parts, identity_deviation, expression_deviation)
    return [Hypotheses(*(part[b].cpu() for part in parts)) for b in range(len(generators))]


def _spread(samples: Float[Tensor, "B N K"]) -> Float[Tensor, "B K"]:
    """Standard deviation over the samples of each face; a single sample has none, and counts as unit normal."""
    return samples.std(1) if samples.shape[1] > 1 else torch.ones_like(samples[:, 0])
