"""Identities, their ranking and expressions for a batch of faces, joined to hypotheses."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.diffusion import ANCESTRAL, DDIM_250, FAST, SamplerConfig
from manyfaces.methods.ofer import Ofer
from manyfaces.methods.ofer.compat import NO_QUIRKS, Compat
from manyfaces.methods.ofer.idrank import Ranking
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


@dataclass(frozen=True)
class Candidates:
    """The identities that were sampled for a batch of faces.

    Attributes:
        identities: of each face.
        ranking: their order and scores.
        deviation: how unsure each coefficient is, see `Hypotheses.identity_deviation`.
    """

    identities: Float[Tensor, "B N S"]
    ranking: Ranking
    deviation: Float[Tensor, "B S"]

    def settled(self, rows: Int[Tensor, " M"], identities: Float[Tensor, "M S"]) -> "Candidates":
        """The same with other identities in some rows, which are sure: nothing may move them any more."""
        moved = self.identities.clone()
        moved[:, rows] = identities.to(moved)
        return replace(self, identities=moved, deviation=torch.zeros_like(self.deviation))

    def of_one(self) -> "Candidates":
        """The first face's."""
        return self._at(slice(0, 1))

    def of_many(self, n: int) -> "Candidates":
        """The first face's for each of n faces."""
        return self._at([0] * n)

    def _at(self, faces: slice | list[int]) -> "Candidates":
        ranking = Ranking(self.ranking.order[faces], self.ranking.scores[faces])
        return Candidates(self.identities[faces], ranking, self.deviation[faces])


def draw_hypotheses(
    ofer: Ofer,
    condition: Any,
    generators: list[torch.Generator],
    n_identities: int,
    n_expressions: int,
    varied: bool,
    sampler: SamplerConfig,
    compat: Compat = NO_QUIRKS,
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
    """
    identities = ofer.sample_identities(condition, n_identities, generators, _of_identities(sampler, compat))
    candidates = _candidates(ofer, condition, identities, ofer.rank(condition, identities))
    return draw_expressions(ofer, condition, generators, candidates, n_expressions, varied, sampler, compat)


def draw_shared(
    ofer: Ofer,
    condition: Any,
    generator: torch.Generator,
    n_identities: int,
    sampler: SamplerConfig,
    compat: Compat = NO_QUIRKS,
) -> Candidates:
    """Sample and rank identities that all faces have, for they are one person's; arguments as `draw_hypotheses`."""
    vectors = ofer.idgen.encoder(condition)
    shared = sample_shared_identity(ofer.idgen, vectors, n_identities, generator, _of_identities(sampler, compat))
    identities = shared.expand(len(condition), -1, -1)
    return _candidates(ofer, condition, identities, ofer.rank(condition, identities).agreed())


def draw_expressions(
    ofer: Ofer,
    condition: Any,
    generators: list[torch.Generator],
    candidates: Candidates,
    n_expressions: int,
    varied: bool,
    sampler: SamplerConfig,
    compat: Compat = NO_QUIRKS,
) -> list[Hypotheses]:
    """Sample expressions on the best identities of each face; arguments as `draw_hypotheses`."""
    best_first = candidates.ranking.order[:, :n_expressions]
    rows = best_first if varied else best_first[:, :1].expand(-1, n_expressions)
    chosen = torch.take_along_dim(candidates.identities, rows[..., None], 1)
    drawn = ofer.sample_expressions(condition, chosen, n_expressions, generators, sampler)
    deviation = ofer.expgen.deviation(condition, chosen[:, 0])
    if deviation is None:
        deviation = _spread(drawn.expression)
    jaw = drawn.jaw / 2 if compat.halve_jaw else drawn.jaw
    ranking = candidates.ranking
    parts = (candidates.identities, ranking.order, ranking.scores, rows, drawn.expression, jaw)
    parts = (*parts, candidates.deviation, deviation)
    return [Hypotheses(*(part[b].cpu() for part in parts)) for b in range(len(generators))]


def _candidates(ofer: Ofer, condition: Any, identities: Float[Tensor, "B N S"], ranking: Ranking) -> Candidates:
    deviation = ofer.idgen.deviation(condition)
    return Candidates(identities, ranking, _spread(identities) if deviation is None else deviation)


def _of_identities(sampler: SamplerConfig, compat: Compat) -> SamplerConfig:
    return PUBLISHED_DDIM if compat.wrong_ddim else sampler


def _spread(samples: Float[Tensor, "B N K"]) -> Float[Tensor, "B K"]:
    """Standard deviation over the samples of each face; a single sample has none, and counts as unit normal."""
    return samples.std(1) if samples.shape[1] > 1 else torch.ones_like(samples[:, 0])
