"""How much arithmetic and memory traffic a call cannot do without, and the time below which no machine does that."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from manyfaces.bench.speed.machine import Machine


@dataclass(frozen=True)
class Work:
    """Arithmetic and traffic.

    Attributes:
        gflop: of matrix products and convolutions, as our networks do them, two for each multiply-add.
        gbytes: weights, each read once in every call of its network.
    """

    gflop: float = 0.0
    gbytes: float = 0.0

    def times(self, factor: float) -> "Work":
        """The same, so many times."""
        return Work(self.gflop * factor, self.gbytes * factor)

    def __add__(self, other: "Work") -> "Work":
        """Both."""
        return Work(self.gflop + other.gflop, self.gbytes + other.gbytes)

    def floor_s(self, machine: Machine) -> float:
        """The time that arithmetic or traffic alone takes at the machine's best rate, whichever is longer."""
        return max(self.gflop / machine.gflops, self.gbytes / machine.gbytes)


def count(call: Callable[[], Any], *networks: nn.Module) -> Work:
    """Count what a call of these networks does; it runs once, on the CPU."""
    packed: dict[Any, Any] = {}
    if hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        packed[torch.ops.mkldnn._linear_pointwise] = _linear_flop
    with torch.no_grad(), FlopCounterMode(display=False, custom_mapping=packed) as counter:
        call()
    weights = sum(
        p.numel() * p.element_size() for network in networks for p in (*network.parameters(), *network.buffers())
    )
    return Work(1e-9 * counter.get_total_flops(), 1e-9 * weights)


def _linear_flop(x: tuple[int, ...], weight: tuple[int, ...], *_: Any, **__: Any) -> int:
    return 2 * math.prod(x[:-1]) * math.prod(weight)
