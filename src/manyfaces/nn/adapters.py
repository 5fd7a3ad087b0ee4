"""Adapters (Houlsby et al., ICML 2019): a few parameters in a frozen transformer make it one person's.

As person-specific face models use them (Mao et al., CVPR 2025, section 3.4): one adapter in each block, after the
feed-forward layer; learned with it are the norms, and what else of a network is a person's. Norms are layer norms and,
in hybrids, the factors of batch norms, whose running means stay the base's in evaluation mode. The base stays bit for
bit what it is: what is learned beside the adapters is learned in copies, which take the base's places while the
adaptation is on.

    adaptation = insert_adapters(network, width=64, extras=("detail_latent",))
    Adam(adaptation.trainable.values())
    with adaptation.off():
        network(x)  # the base
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError, WeightError
from manyfaces.nn.transformer import Block

_NORMS = (nn.LayerNorm, nn.BatchNorm2d)


class Adapter(nn.Module):
    """A narrow detour beside the identity: down, GELU, up.

    It starts as the identity exactly, because the way up starts at zero.

    Args:
        channels: of a token.
        width: channels of the detour.
    """

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.down = nn.Linear(channels, width)
        self.up = nn.Linear(width, channels)
        nn.init.trunc_normal_(self.down.weight, std=1e-3, a=-2e-3, b=2e-3)
        nn.init.zeros_(self.down.bias)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        """Apply to each token."""
        return x + self.up(F.gelu(self.down(x)))


class Adaptation:
    """One person's parameters in a network; made by `insert_adapters`.

    Attributes:
        trainable: the person's parameters by name: adapters, norms and extras. The network's others are frozen.
    """

    trainable: dict[str, nn.Parameter]

    def __init__(self, network: nn.Module, adapters: dict[str, Adapter], tuned: Sequence[str]):
        self._network, self._adapters = network, adapters
        self._base = {name: network.get_parameter(name) for name in tuned}
        self._own = {name: nn.Parameter(base.detach().clone()) for name, base in self._base.items()}
        self._learned_before = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
        network.requires_grad_(False)
        self.trainable = dict(self._own)
        for name, adapter in adapters.items():
            self.trainable |= {f"{name}.{part}": parameter for part, parameter in adapter.named_parameters()}
        self._is_on = False
        self._switch(True)

    @contextmanager
    def off(self) -> Iterator[None]:
        """Within it, the network is the base, bit for bit, and none of its parameters learn."""
        before = self._is_on
        self._switch(False)
        try:
            yield
        finally:
            self._switch(before)

    def remove(self) -> None:
        """Give the network back as it was before, for good; nothing of the adaptation works afterwards."""
        self._switch(False)
        for name, parameter in self._network.named_parameters():
            parameter.requires_grad_(name in self._learned_before)

    def state(self) -> dict[str, Tensor]:
        """A copy of the person's parameters, by their names in the network."""
        return {name: parameter.detach().clone() for name, parameter in self.trainable.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take over a person's parameters, another person's as well: the base is the same.

        Args:
            state: what `state` gave, of a network of the same sizes.

        Raises:
            WeightError: names or shapes are not those of this adaptation; nothing is changed then.
        """
        if wrong := sorted(self.trainable.keys() ^ state.keys()):
            raise WeightError(
                f"{len(wrong)} tensors are missing or unknown, {wrong[0]} first", "use the network of the person's file"
            )
        for name, parameter in self.trainable.items():
            if parameter.shape != state[name].shape:
                found, expected = tuple(state[name].shape), tuple(parameter.shape)
                raise WeightError(f"{name} is {found}, expected {expected}", "insert adapters of the file's width")
        with torch.no_grad():
            for name, parameter in self.trainable.items():
                parameter.copy_(state[name])

    def _switch(self, on: bool) -> None:
        # Parameters trade places instead of values: a graph that autograd recorded keeps the ones it was made of.
        if on == self._is_on:
            return
        for name, own in self._own.items():
            out, into = (self._base[name], own) if on else (own, self._base[name])
            into.data = into.data.to(out)  # what is not in the network has missed network.to(...)
            _put(self._network, name, into)
        for name, adapter in self._adapters.items():
            _put(self._network, name, adapter.to(next(iter(self._own.values()))) if on else None)
        self._is_on = on


def insert_adapters(network: nn.Module, width: int, extras: Sequence[str] = ()) -> Adaptation:
    """Put an adapter into every block of a network, freeze the rest, and switch the adaptation on.

    The network computes what it did, bit for bit, until the adaptation has learned.

    Args:
        network: holds `Block`s, at any depth.
        width: channels of the adapters' detour; 64 of 768 are 1.4 % of ViT-B.
        extras: names of parameters that are the person's, too, besides adapters and norms.

    Raises:
        ConfigError: nothing to adapt, adapters are in already, or an extra is unknown.
    """
    blocks = {name: module for name, module in network.named_modules() if isinstance(module, Block)}
    if not blocks:
        raise ConfigError(f"{type(network).__name__} has no transformer blocks to adapt", "adapt a ViT or a MAE")
    if any(block.adapter is not None for block in blocks.values()):
        raise ConfigError("the network is adapted already", "load into its adaptation, or remove that first")
    known = dict(network.named_parameters())
    if unknown := ", ".join(name for name in extras if name not in known):
        raise ConfigError(f"{type(network).__name__} has no parameter {unknown}", "name it as state_dict does")
    norms = [
        _join(name, part)
        for name, module in network.named_modules()
        if isinstance(module, _NORMS)
        for part, _ in module.named_parameters()
    ]
    adapters = {
        _join(name, "adapter"): Adapter(block.width, width).to(block.norm1.weight) for name, block in blocks.items()
    }
    return Adaptation(network, adapters, [*norms, *extras])


def _join(owner: str, attribute: str) -> str:
    return f"{owner}.{attribute}" if owner else attribute


def _put(network: nn.Module, name: str, what: nn.Parameter | nn.Module | None) -> None:
    owner, _, attribute = name.rpartition(".")
    setattr(network.get_submodule(owner), attribute, what)
