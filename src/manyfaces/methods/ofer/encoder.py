"""What turns an observation of a face into the condition vector of the networks."""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn


@runtime_checkable
class ConditionEncoder(Protocol):
    """Any module from an observation (points and visibility, an image, ...) to one vector per face.

    It is part of the network it feeds: trained with it and stored with it.
    """

    def __call__(self, observation: Any, /) -> Float[Tensor, "B C"]:
        """Encode a batch of observations."""
        ...


class GivenCondition(nn.Module):
    """The observation is the condition vector already."""

    def forward(self, observation: Float[Tensor, "B C"]) -> Float[Tensor, "B C"]:
        """Pass it on."""
        return observation
