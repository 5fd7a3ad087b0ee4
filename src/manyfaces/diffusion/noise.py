"""Unit normal noise from one generator, or from one per photo so that a photo's result does not depend on its batch."""

from collections.abc import Sequence
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import InputError

Generators: TypeAlias = torch.Generator | Sequence[torch.Generator]


def unit_noise(shape: Sequence[int], generator: Generators, like: Tensor | None = None) -> Float[Tensor, "..."]:
    """Draw unit normal noise.

    Args:
        shape: shape of the noise.
        generator: one generator, or one per entry of the first dimension.
        like: a tensor whose dtype and device the noise shall have.

    Raises:
        InputError: the number of generators is not the length of the first dimension.
    """
    if isinstance(generator, torch.Generator):
        noise = torch.randn(tuple(shape), generator=generator, device=generator.device)
    else:
        if len(generator) != shape[0]:
            raise InputError(f"{len(generator)} generators for a batch of {shape[0]}")
        noise = torch.stack([torch.randn(tuple(shape[1:]), generator=g, device=g.device) for g in generator])
    return noise if like is None else noise.to(like)
