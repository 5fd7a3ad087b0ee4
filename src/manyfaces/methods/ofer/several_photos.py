"""One identity from several photos of one person: what each photo says, put together before sampling.

Not in the paper, which sees one photo. Of a standardised IdGen the linear parts of the posteriors are normal laws over
a unit normal prior and can be multiplied (`heads.evidence`); the network then draws what is left, given the mean
condition. Of a raw IdGen (the paper's) the conditions are averaged, the usual way to make one face template of several
embeddings. Both need sums alone, so frames of a video can be gathered one by one.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from manyfaces.diffusion import SamplerConfig
from manyfaces.heads.evidence import IdentityEvidence, NormalLaw
from manyfaces.methods.ofer.idgen import IdGen
from manyfaces.nn import ConditionalStandardiser

ERROR_CORRELATION = 0.2
"""Of what two photos of one person say wrongly of each coefficient: a detector errs alike on the same face. Chosen on
rendered people that no figure is reported on; 0 (independent photos) is over-confident: eight photos cover 80 % where
90 % are due."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """What photos or frames of one person said; constant in size. `+` puts what two sets said together.

    Attributes:
        n: photos.
        conditions: sum of their conditions.
        lengths: sum of the conditions' lengths.
        evidence: of a standardised IdGen, what they told of the identity.
    """

    n: int
    conditions: Float64[Tensor, " C"]
    lengths: Float64[Tensor, ""]
    evidence: IdentityEvidence | None

    def __add__(self, other: "Gathered") -> "Gathered":
        both = None if self.evidence is None or other.evidence is None else self.evidence + other.evidence
        return Gathered(self.n + other.n, self.conditions + other.conditions, self.lengths + other.lengths, both)


@torch.no_grad()
def gathered(idgen: IdGen, conditions: Float[Tensor, "K C"]) -> Gathered:
    """What K photos say of one person.

    Args:
        idgen: the identity network.
        conditions: condition vector of each photo, as its encoder gives them.
    """
    standardiser, exact = idgen.generator.standardiser, conditions.double()
    evidence = None if standardiser is None else _evidence(standardiser, conditions)
    return Gathered(len(conditions), exact.sum(0), exact.norm(dim=-1).sum(), evidence)


@torch.no_grad()
def sample_gathered_identity(
    idgen: IdGen, told: Gathered, n: int, generator: torch.Generator, sampler: SamplerConfig | None = None
) -> Float[Tensor, "n S"]:
    """Draw n identities that fit all photos that were gathered; see `sample_shared_identity`."""
    standardiser = idgen.generator.standardiser
    together = told.conditions[None] / told.n
    if standardiser is None:
        # Directions of unit length, as embeddings are, would come out shorter.
        together = together * (told.lengths / told.n / together.norm().clamp_min(1e-12))
    together = together.float()
    drawn = idgen.generator.sample(together, n, generator, sampler or idgen.config.sampler)[0]
    if standardiser is None or told.evidence is None:
        return drawn
    law = told.evidence.law(ERROR_CORRELATION)
    return law.mean.to(drawn) + law.std.to(drawn) * standardiser(drawn, together)


def sample_shared_identity(
    idgen: IdGen,
    conditions: Float[Tensor, "K C"],
    n: int,
    generator: torch.Generator,
    sampler: SamplerConfig | None = None,
) -> Float[Tensor, "n S"]:
    """Draw n identities that fit all photos.

    Args:
        idgen: the identity network.
        conditions: condition vector of each of K photos, as its encoder gives them.
        n: how many.
        generator: source of all randomness.
        sampler: how to sample; the configured way by default.
    """
    return sample_gathered_identity(idgen, gathered(idgen, conditions), n, generator, sampler)


def fused(
    standardiser: ConditionalStandardiser, contexts: Float[Tensor, "K C"], correlation: float = ERROR_CORRELATION
) -> NormalLaw:
    """Law of each coefficient given all contexts, over a unit normal prior."""
    return _evidence(standardiser, contexts).law(correlation)


def _evidence(standardiser: ConditionalStandardiser, contexts: Float[Tensor, "K C"]) -> IdentityEvidence:
    return IdentityEvidence.of(NormalLaw(standardiser.mean(contexts), standardiser.std(contexts)))
