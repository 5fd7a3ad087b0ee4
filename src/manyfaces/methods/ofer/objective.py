"""What each OFER network is trained for, on one batch of examples with known truth."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from manyfaces.diffusion import BatchDraws
from manyfaces.losses import listwise_cross_entropy
from manyfaces.methods.ofer.expgen import ExpGen
from manyfaces.methods.ofer.idgen import IdGen
from manyfaces.methods.ofer.idrank import IdRank


@dataclass(frozen=True)
class Example:
    """A batch of observations with their exact truth.

    Attributes:
        condition: what the encoder takes; a (B, C) tensor if there is no encoder.
        identity: (B, S) identity coefficients, standard deviations.
        expression: (B, E) expression coefficients.
        jaw: (B, 3) axis-angle, radians.
    """

    condition: Any
    identity: Float[Tensor, "B S"]
    expression: Float[Tensor, "B E"]
    jaw: Float[Tensor, "B J"]


def idgen_loss(model: IdGen, example: Example, generator: BatchDraws) -> Float[Tensor, ""]:
    """Noise L1 of the identity network (OFER, eq. 2)."""
    return model.loss(example.condition, example.identity, generator)


def expgen_loss(model: ExpGen, example: Example, generator: BatchDraws) -> Float[Tensor, ""]:
    """Noise L1 of the expression network (OFER, eq. 6)."""
    return model.loss(example.condition, example.identity, example.expression, example.jaw, generator)


def idrank_loss(model: IdRank, example: Example, candidates: Float[Tensor, "B N S"]) -> Float[Tensor, ""]:
    """Listwise loss of the ranking network on identities drawn by a frozen IdGen (OFER, eq. 3 to 5)."""
    distance = model.distance_mm(candidates, example.identity)
    return listwise_cross_entropy(model(example.condition, candidates), distance, model.config.idrank.temperature_mm)
