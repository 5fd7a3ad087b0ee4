"""A base network with one person's parameters in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import WeightError
from manyfaces.nn import DisplacementMae
from manyfaces.nn.adapters import insert_adapters

COARSE_OWN = ("head.2.bias",)
"""What of the coarse network is the person's besides adapters and norms: the face that it starts from, to which photos
add. It is to the coarse stage what x_d is to the detail."""

DETAIL_OWN = ("detail_latent",)
"""What of the student is: x_d (Mao et al., section 3.4)."""

RELIEF = "relief_mm"
"""The name of what `AdaptedSkin` has beside these."""

_UNIT_TENSION = 0.1  # which the second map of relief is for: skin wrinkles well under it


class Adapted(nn.Module):
    """A frozen network that one person's adapters, norms and extras make theirs (Mao et al., section 3.4).

    What it learns, and what `state_dict` holds, is the person's alone. It never leaves evaluation mode: running
    means of batch norms are the base's.

    Args:
        network: the base; it is changed in place, and given back by `adaptation.remove()`.
        width: channels of the adapters' detour.
        extras: names of other parameters that are the person's.

    Attributes:
        network: the base with the adaptation in it.
        adaptation: what was put in.
    """

    def __init__(self, network: nn.Module, width: int, extras: Sequence[str] = ()):
        super().__init__()
        self.network = network
        self.adaptation = insert_adapters(network, width, extras)
        self.eval()

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the network says."""
        return self.network(*inputs)

    @property
    def share(self) -> float:
        """Learned parameters, as a share of the base's."""
        added = sum(p.numel() for name, p in self.adaptation.trainable.items() if ".adapter." in name)
        return self.n_learned / (sum(parameter.numel() for parameter in self.network.parameters()) - added)

    @property
    def n_learned(self) -> int:
        """How many parameters are the person's."""
        return sum(parameter.numel() for parameter in self.adaptation.trainable.values())

    def train(self, mode: bool = True) -> "Adapted":
        """Stay in evaluation mode."""
        return super().train(False)

    def state_dict(self, *_: Any, **__: Any) -> dict[str, Tensor]:
        """The person's parameters."""
        return self.adaptation.state()

    def load_state_dict(self, state_dict: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        """Take over a person's parameters.

        Raises:
            WeightError: they are not of this network.
        """
        self.adaptation.load(state_dict)


class AdaptedSkin(Adapted):
    """A person's detail network: the adapted student, and the person's own relief.

    Adapters change how a network reads pictures. What it has read of all pictures of a person it can hardly keep: the
    finest level of its map has no place for that. So relief is kept as it is, at each texel: the skin at rest, and what
    compression adds to it. It stays while `adaptation` is off: the student for everybody is `network` then.

    Args:
        network: the student for everybody; see `Adapted`.
        width: likewise.

    Attributes:
        relief_mm: (2, S, S), millimetres: at rest, and added under a tension of a tenth; in proportion under others.
    """

    def __init__(self, network: DisplacementMae, width: int):
        super().__init__(network, width, DETAIL_OWN)
        side, reach_m = network.config.side_px, network.config.reach_m
        self.relief_mm = nn.Parameter(next(network.parameters()).new_zeros(2, side, side))
        self._reach_m = reach_m

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, texture: Float[Tensor, "B 3 H W"], tension: Float[Tensor, "B H W"]
    ) -> Float[Tensor, "B H W"]:
        """Displacements, metres; see `DisplacementMae.forward`.

        One hand's alone: a person's relief is that of their left and of their right.
        """
        at_rest, added = self.relief_mm
        own_m = (at_rest + added * tension.clamp(min=0) / _UNIT_TENSION) / 1e3
        return (self.network(texture, tension) + own_m).clamp(-self._reach_m, self._reach_m)

    @property
    def n_learned(self) -> int:
        """How many parameters are the person's."""
        return super().n_learned + self.relief_mm.numel()

    def state_dict(self, *_: Any, **__: Any) -> dict[str, Tensor]:
        """The person's parameters."""
        return {**super().state_dict(), RELIEF: self.relief_mm.detach().clone()}

    def load_state_dict(self, state_dict: Mapping[str, Any], *_: Any, **__: Any) -> Any:
        """Take over a person's parameters.

        Raises:
            WeightError: they are not of this network; nothing is changed then.
        """
        relief = state_dict.get(RELIEF)
        if relief is None or relief.shape != self.relief_mm.shape:
            raise WeightError(f"{RELIEF} is missing, or of another map", "personalize again")
        super().load_state_dict({name: tensor for name, tensor in state_dict.items() if name != RELIEF})
        with torch.no_grad():
            self.relief_mm.copy_(relief)
