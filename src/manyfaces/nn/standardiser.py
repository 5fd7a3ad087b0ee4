"""Raw coefficients to unit variance and back."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Standardiser(nn.Module):
    """(x - mean) / std with stored statistics; starts as the identity.

    Diffusion starts from unit noise, so what it generates should have about unit variance; expression coefficients
    and jaw angles have neither zero mean nor unit variance.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("std", torch.ones(dim))

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """Standardise."""
        return (x - cast(Tensor, self.mean)) / cast(Tensor, self.std)

    def inverse(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """Back to raw units."""
        return x * cast(Tensor, self.std) + cast(Tensor, self.mean)

    @torch.no_grad()
    def fit(self, samples: Float[Tensor, "N D"]) -> None:
        """Take mean and standard deviation from samples; a constant channel keeps its scale."""
        std = samples.std(0)
        cast(Tensor, self.mean).copy_(samples.mean(0))
        cast(Tensor, self.std).copy_(torch.where(std > 1e-8, std, torch.ones_like(std)))
