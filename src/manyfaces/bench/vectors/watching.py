"""Looking into a run: what passes through a network's modules, and the noise that a sampler draws."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.bench.vectors.rule import stream


@contextmanager
def watched(
    net: nn.Module, modules: Mapping[str, str], side: Literal["input", "output"] = "output"
) -> Iterator[dict[str, Tensor]]:
    """Collect what modules give, or get, while the block runs.

    Args:
        net: the network.
        modules: path of a module in it by the name that its tensor shall have.
        side: what a module gives, or its first argument.
    """
    seen: dict[str, Tensor] = {}

    def collect(name: str) -> Any:
        def hook(_: nn.Module, arguments: tuple[Any, ...], output: Tensor | None = None) -> None:
            seen[name] = (arguments[0] if output is None else output).detach()

        return hook

    def register(module: nn.Module, name: str) -> Any:
        if side == "input":
            return module.register_forward_pre_hook(collect(name))
        return module.register_forward_hook(collect(name))

    handles = [register(net.get_submodule(path), name) for name, path in modules.items()]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


class RuleNoise:
    """The noise of a set's sampling runs, one draw after the other: a `NoiseSource`.

    Attributes:
        draws: all that was drawn so far.
    """

    def __init__(self, key: str):
        self._stream = stream(key)
        self.draws: list[Tensor] = []

    def unit_normal(self, shape: tuple[int, ...]) -> Float[Tensor, "..."]:
        """The next draw."""
        self.draws.append(torch.from_numpy(self._stream.standard_normal(shape)).float())
        return self.draws[-1]
