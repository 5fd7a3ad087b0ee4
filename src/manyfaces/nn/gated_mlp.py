"""The ranking network of OFER: an MLP whose layers are gated by the condition."""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError


class GatedLayer(nn.Module):
    """h * sigmoid(scale(c)) + shift(c) of a condition c; h = GroupNorm(SELU(Linear(x))), at the end h = Linear(x)."""

    def __init__(self, d_in: int, d_out: int, condition_dim: int, groups: int | None = 8):
        super().__init__()
        self.mlp = nn.Linear(d_in, d_out)
        self.scale = nn.Linear(condition_dim, d_out)
        self.shift = nn.Linear(condition_dim, d_out, bias=False)
        self.gn = nn.GroupNorm(groups, d_out) if groups else None

    def forward(self, x: Float[Tensor, "*B I"], condition: Float[Tensor, "*#B C"]) -> Float[Tensor, "*B O"]:
        """Apply; the condition's leading dimensions broadcast."""
        return self.gated(self.mlp(x), condition)

    def gated(self, h: Float[Tensor, "*B O"], condition: Float[Tensor, "*#B C"]) -> Float[Tensor, "*B O"]:
        """All that follows the matrix product."""
        if self.gn is not None:
            h = self.gn(F.selu(h).flatten(0, -2)).view(h.shape)
        return torch.addcmul(self.shift(condition), h, torch.sigmoid(self.scale(condition)))


class GatedMLP(nn.Module):
    """Scores pairs of (shared part, own part), one number per row.

    Args:
        shared_dim: length of the part that all candidates of one list share.
        own_dim: length of the candidate's own part.
        widths: widths of the hidden layers, each a multiple of `groups` and at least four times it.
        condition_dim: length of the condition vector.
        groups: groups of the group norms.

    Raises:
        ConfigError: a width is not a multiple of `groups`, or less than four times it.
    """

    def __init__(self, shared_dim: int, own_dim: int, widths: Sequence[int], condition_dim: int, groups: int = 8):
        super().__init__()
        # In a group of one or two channels the norm leaves nothing but signs.
        if any(w % groups or w < 4 * groups for w in widths):
            raise ConfigError(f"ranking widths {tuple(widths)} must be multiples of {groups}, at least {4 * groups}")
        self.shared_dim = shared_dim
        dims = [shared_dim + own_dim, *widths]
        layers = [GatedLayer(a, b, condition_dim, groups) for a, b in pairwise(dims)]
        self.ranklayers = nn.ModuleList([*layers, GatedLayer(dims[-1], 1, condition_dim, None)])

    def forward(
        self,
        shared: Float[Tensor, "*#B H"],
        own: Float[Tensor, "*B O"],
        condition: Float[Tensor, "*#B C"],
    ) -> Float[Tensor, "*B"]:
        """Score each row; leading dimensions of `shared` and `condition` broadcast.

        The first layer is Linear(cat(shared, own)); its two halves are multiplied apart so that the shared half is
        done once per list and not once per candidate.
        """
        first, *rest = cast(list[GatedLayer], list(self.ranklayers))
        weight = first.mlp.weight
        h = F.linear(own, weight[:, self.shared_dim :], first.mlp.bias)
        x = first.gated(h + F.linear(shared, weight[:, : self.shared_dim]), condition)
        for layer in rest:
            x = layer(x, condition)
        return x[..., 0]
