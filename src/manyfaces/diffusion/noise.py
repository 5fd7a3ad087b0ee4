"""Unit normal noise from one generator, or from one per photo so that a photo's result does not depend on its batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.errors import InputError


@runtime_checkable
class NoiseSource(Protocol):
    """Noise that is not torch's: recorded, or drawn by another library."""

    def unit_normal(self, shape: tuple[int, ...]) -> Float[Tensor, "..."]:
        """Give the next numbers."""
        ...


Generators: TypeAlias = torch.Generator | Sequence[torch.Generator] | NoiseSource


def unit_noise(shape: Sequence[int], generator: Generators, like: Tensor | None = None) -> Float[Tensor, "..."]:
    """Draw unit normal noise.

    Args:
        shape: shape of the noise.
        generator: one generator, one per entry of the first dimension, or another source.
        like: a tensor whose dtype and device the noise shall have.

    Raises:
        InputError: the number of generators is not the length of the first dimension.
    """
    if isinstance(generator, torch.Generator):
        noise = torch.randn(tuple(shape), generator=generator, device=generator.device)
    elif isinstance(generator, NoiseSource):
        noise = generator.unit_normal(tuple(shape))
    else:
        if len(generator) != shape[0]:
            raise InputError(f"{len(generator)} generators for a batch of {shape[0]}")
        noise = torch.stack([torch.randn(tuple(shape[1:]), generator=g, device=g.device) for g in generator])
    return noise if like is None else noise.to(like)


@dataclass(frozen=True)
class BatchStream:
    """The random numbers of a training batch; where processes share one, those of the rows that are here.

    Every process draws for the whole batch and keeps its rows, so that what an example gets does not depend on how
    many processes there are.

    Attributes:
        generator: in the same state in every process.
        first: number that the first row here has in the whole batch.
        size: rows of the whole batch; None when all are here.
    """

    generator: torch.Generator
    first: int = 0
    size: int | None = None

    def spread(self, n: int) -> Float[Tensor, " n"]:
        """One number from each of as many equal slices of [0, 1) as the batch has rows.

        Together they are uniform, with less variance than separate draws.
        """
        size, device = self.size or n, self.generator.device
        u = (torch.rand(size, generator=self.generator, device=device) + torch.arange(size, device=device)) / size
        return u[self.first : self.first + n]

    def normal(self, like: Float[Tensor, "B *D"]) -> Float[Tensor, "B *D"]:
        """Unit normal noise, one row for each of `like`."""
        noise = unit_noise((self.size or len(like), *like.shape[1:]), self.generator, like)
        return noise[self.first : self.first + len(like)]


#: What a training loss draws from.
BatchDraws: TypeAlias = torch.Generator | BatchStream
