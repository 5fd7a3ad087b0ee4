"""The 1-D U-Net of OFER: sequence length one, the coefficients are the channels.

Architecture of the OFER paper (CVPR 2025, fig. 4 and supplement), which adapts the well-known DDPM U-Net to vectors.
Names of the tensors are those of the published checkpoints, but for the query/key/value projections: there they are
sixteen unregistered (hence never trained) convolutions per attention block, here they are one fused, trained
`to_qkv`.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError
from manyfaces.nn.blocks import Attention, Pointwise, PreNorm, Residual, ResnetBlock


class SinusoidalEmbedding(nn.Module):
    """cat(sin, cos) of t times geometric frequencies 1..1e-4."""

    def __init__(self, dim: int):
        super().__init__()
        half = dim // 2
        frequency = torch.exp(-math.log(1e4) / (half - 1) * torch.arange(half, dtype=torch.float64))
        self.register_buffer("frequency", frequency.to(torch.get_default_dtype()), persistent=False)

    def forward(self, t: Float[Tensor, "*B"]) -> Float[Tensor, "*B {self.frequency.shape[0]*2}"]:
        """Embed steps."""
        angle = t[..., None] * cast(Tensor, self.frequency)
        return torch.cat([angle.sin(), angle.cos()], -1)


class UNet1D(nn.Module):
    """Predicts the noise in a vector of coefficients, given the diffusion step and a context vector.

    Args:
        dim: number of coefficients D.
        context_dim: length C of the context vector.
        widths: trunk width at each level, outermost first; the last is the middle. The paper has widths[0] = D; a
            wider trunk works too, `init_conv` lifts D to it and the last layer comes back to D.
        heads: attention heads.
        head_dim: channels per head.
        n_qkv: number of query/key/value triples made of the one vector; they are what attends to each other.
        time_dim: length of the step embedding.

    Raises:
        ConfigError: fewer than two widths, or an odd or too small time_dim.
    """

    def __init__(
        self,
        dim: int,
        context_dim: int,
        widths: Sequence[int],
        heads: int = 4,
        head_dim: int = 32,
        n_qkv: int = 16,
        time_dim: int = 512,
    ):
        super().__init__()
        if len(widths) < 2 or min(widths) < 1:
            raise ConfigError(f"a U-Net needs two or more widths, got {tuple(widths)}")
        if time_dim < 4 or time_dim % 2:
            raise ConfigError(f"time_dim must be even and at least 4, got {time_dim}")
        self.dim, self.context_dim, self.time_dim = dim, context_dim, time_dim
        first, middle = widths[0], widths[-1]

        def block(d_in: int, d_out: int) -> ResnetBlock:
            return ResnetBlock(d_in, d_out, time_dim, context_dim)

        def attention(width: int) -> Residual:
            return Residual(PreNorm(width, Attention(width, heads, head_dim, n_qkv)))

        self.init_conv = Pointwise(dim, first)
        self.time_mlp = nn.Sequential(
            SinusoidalEmbedding(time_dim), nn.Linear(time_dim, time_dim), nn.GELU(), nn.Linear(time_dim, time_dim)
        )
        steps = list(pairwise(widths))
        self.downs = nn.ModuleList(
            nn.ModuleList([block(d, d), block(d, d), attention(d), _resize(d, d_next)]) for d, d_next in steps
        )
        self.mid_block1, self.mid_attn, self.mid_block2 = (
            block(middle, middle),
            attention(middle),
            block(middle, middle),
        )
        self.ups = nn.ModuleList(
            nn.ModuleList([_resize(d_next, d), block(2 * d, d), block(2 * d, d), attention(d)])
            for d, d_next in reversed(steps)
        )
        self.finals = nn.ModuleList([nn.ModuleList([block(2 * first, first), attention(first), Pointwise(first, dim)])])

    def forward(
        self,
        noisy: Float[Tensor, "*B D"],
        t: Shaped[Tensor, "*#B"],
        context: Float[Tensor, "*#B C"],
    ) -> Float[Tensor, "*B D"]:
        """Predict eps; for sampling, `FrozenUNet1D` does the same in half the time.

        Args:
            noisy: x_t.
            t: diffusion step per row (integer or float), or one for all.
            context: context per row; leading dimensions broadcast.
        """
        time = F.silu(self.time_mlp(t.to(noisy.dtype)))
        context = F.silu(context)
        return self._trunk(noisy, [b.time_part(time) + b.context_part(context) for b in self.blocks()])

    def blocks(self) -> list[ResnetBlock]:
        """All ResNet blocks in the order in which they run."""
        found = [b for level in self.downs for b in list(cast(nn.ModuleList, level))[:2]]
        found += [self.mid_block1, self.mid_block2]
        found += [b for level in self.ups for b in list(cast(nn.ModuleList, level))[1:3]]
        found.append(cast(nn.ModuleList, self.finals[0])[0])
        return cast(list[ResnetBlock], found)

    def _trunk(self, noisy: Float[Tensor, "*B D"], conditions: list[Float[Tensor, "*#B _"]]) -> Float[Tensor, "*B D"]:
        scale_shift = iter(conditions)
        x = self.init_conv(noisy)
        start, skips = x, []
        for level in self.downs:
            block1, block2, attention, shrink = cast(nn.ModuleList, level)
            x = block1(x, next(scale_shift))
            skips.append(x)
            x = attention(block2(x, next(scale_shift)))
            skips.append(x)
            x = shrink(x)
        x = self.mid_attn(self.mid_block1(x, next(scale_shift)))
        x = self.mid_block2(x, next(scale_shift))
        for level in self.ups:
            grow, block1, block2, attention = cast(nn.ModuleList, level)
            x = grow(x)
            x = block1(torch.cat([x, skips.pop()], -1), next(scale_shift))
            x = block2(torch.cat([x, skips.pop()], -1), next(scale_shift))
            x = attention(x)
        block, attention, project = cast(nn.ModuleList, self.finals[0])
        return project(attention(block(torch.cat([x, start], -1), next(scale_shift))))


def _resize(d_in: int, d_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(d_in, d_in), nn.SiLU(), nn.Linear(d_in, d_out))
