"""A base network with one person's parameters in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from manyfaces.nn.adapters import insert_adapters

COARSE_OWN = ("head.2.bias",)
"""What of the coarse network is the person's besides adapters and norms: the face that it starts from, to which photos
add. It is to the coarse stage what x_d is to the detail."""

DETAIL_OWN = ("detail_latent",)
"""What of the student is: x_d (Mao et al., section 3.4)."""


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
        learned = sum(parameter.numel() for parameter in self.adaptation.trainable.values())
        added = sum(p.numel() for name, p in self.adaptation.trainable.items() if ".adapter." in name)
        return learned / (sum(parameter.numel() for parameter in self.network.parameters()) - added)

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
