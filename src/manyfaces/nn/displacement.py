"""What the networks of displacement maps have in common: where they start, and how far a displacement can reach."""

from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)

REACH_M = 0.01
"""The largest displacement along a normal, metres (Mao et al., CVPR 2025, section 3.3)."""


def bounded(raw: Float[Tensor, "*B"], reach_m: float = REACH_M) -> Float[Tensor, "*B"]:
    """Displacements in [-reach, reach], metres; of values in half precision, too, they are single."""
    return reach_m * torch.tanh(raw.to(torch.promote_types(raw.dtype, torch.float32)))


def start_flat(layer: Layer) -> Layer:
    """Start a last layer so that all displacements are small, where tanh is steep, and not at millimetres of noise."""
    nn.init.normal_(layer.weight, std=1e-3)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
