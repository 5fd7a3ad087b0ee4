"""Each coordinate brought to a unit normal law by itself, and back."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

N_KNOTS = 161
REACH = 4.0
"""Knots lie between minus and plus this many deviations of the normal law."""


class NormalMarginals(nn.Module):
    """A monotone, piecewise linear map of every coordinate, through the quantiles of a training set.

    Coefficients with long tails (most faces hardly use an expression, a few use it fully) are hard to diffuse: the
    tails are rare and far. Their ranks are not.
    """

    quantiles: Tensor
    grid: Tensor

    def __init__(self, dim: int):
        super().__init__()
        grid = torch.linspace(-REACH, REACH, N_KNOTS)
        self.register_buffer("grid", grid, persistent=False)
        self.register_buffer("quantiles", grid.expand(dim, -1).clone())

    def forward(self, x: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """To the normal law; what lies far beyond all training samples stays within reach."""
        z = _interpolate(x, self.quantiles, self.grid.expand_as(self.quantiles))
        return z.clamp(-REACH - 1, REACH + 1)

    def inverse(self, z: Float[Tensor, "*B D"]) -> Float[Tensor, "*B D"]:
        """Back to raw units."""
        return _interpolate(z, self.grid.expand_as(self.quantiles), self.quantiles)

    @torch.no_grad()
    def fit(self, samples: Float[Tensor, "N D"]) -> None:
        """Take the quantiles from samples (N of at least some thousands)."""
        ordered = samples.double().sort(0).values
        position = (torch.special.ndtr(self.grid.double()) * len(ordered) - 0.5).clamp(0, len(ordered) - 1)
        below = position.floor().long().clamp(max=len(ordered) - 2)
        values = torch.lerp(ordered[below], ordered[below + 1], (position - below)[:, None])
        # Where many samples share one value, as all do beyond the last, a small slope keeps the map one to one.
        middle = ordered.median(0).values
        least = 1e-4 * (ordered - middle).abs().mean(0) + 1e-5 * (1 + middle.abs())
        rises = values.diff(dim=0).clamp_min(least * (self.grid[1] - self.grid[0]))
        self.quantiles.copy_(torch.cat([values[:1], values[:1] + rises.cumsum(0)]).mT)


def _interpolate(
    x: Float[Tensor, "*B D"], knots: Float[Tensor, "D K"], values: Float[Tensor, "D K"]
) -> Float[Tensor, "*B D"]:
    """Piecewise linear through (knots, values), each coordinate with its own; straight on beyond the ends."""
    columns = x.flatten(0, -2).mT.contiguous()
    upper = torch.searchsorted(knots.contiguous(), columns).clamp(1, knots.shape[-1] - 1)
    x0, x1 = knots.gather(1, upper - 1), knots.gather(1, upper)
    y0, y1 = values.gather(1, upper - 1), values.gather(1, upper)
    # Knots that 16-bit storage has made equal: nothing lies between them.
    return (y0 + (columns - x0) / (x1 - x0).clamp_min(1e-12) * (y1 - y0)).mT.reshape(x.shape)
