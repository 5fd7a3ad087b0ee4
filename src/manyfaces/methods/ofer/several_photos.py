"""One identity from several photos of one person: what each photo says, put together before sampling.

Not in the paper, which sees one photo. Of a standardised IdGen the linear parts of the posteriors are normal laws over
a unit normal prior and can be multiplied; the network then draws what is left, given the mean condition. Of a raw IdGen
(the paper's) the conditions are averaged, the usual way to make one face template of several embeddings.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.diffusion import SamplerConfig
from manyfaces.methods.ofer.idgen import IdGen
from manyfaces.nn import ConditionalStandardiser

ERROR_CORRELATION = 0.2
"""Of what two photos of one person say wrongly of each coefficient: a detector errs alike on the same face. Chosen on
rendered people that no figure is reported on; 0 (independent photos) is over-confident: eight photos cover 80 % where
90 % are due."""


@torch.no_grad()
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
    standardiser = idgen.generator.standardiser
    together = conditions.mean(0, keepdim=True)
    if standardiser is None:
        # Directions of unit length, as embeddings are, would come out shorter.
        together = together * (conditions.norm(dim=-1).mean() / together.norm().clamp_min(1e-12))
    drawn = idgen.generator.sample(together, n, generator, sampler or idgen.config.sampler)[0]
    if standardiser is None:
        return drawn
    mean, std = fused(standardiser, conditions)
    return mean + std * standardiser(drawn, together)


def fused(
    standardiser: ConditionalStandardiser, contexts: Float[Tensor, "K C"], correlation: float = ERROR_CORRELATION
) -> tuple[Float[Tensor, " D"], Float[Tensor, " D"]]:
    """Mean and standard deviation of each coefficient given all contexts, over a unit normal prior.

    A photo that leaves deviation s of a unit normal coefficient has told 1 / s^2 - 1. K photos whose errors are
    correlated tell as much as K / (1 + (K - 1) correlation) independent ones.
    """
    mean, std = standardiser.mean(contexts), standardiser.std(contexts)
    share = 1 / (1 + (len(contexts) - 1) * correlation)
    told = (1 / std.square() - 1).clamp_min(0).sum(0)
    precision = 1 + share * told
    return share * (mean / std.square()).sum(0) / precision, precision.rsqrt()
