"""Building blocks of the 1-D U-Net, on plain vectors: a kernel-1 convolution over one position is a matrix product."""

import math
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Pointwise(nn.Module):
    """A kernel-1 convolution, stored as one (weight (out, in, 1)) and run as a matrix product."""

    def __init__(self, d_in: int, d_out: int, bias: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(d_out, d_in, 1))
        self.bias = nn.Parameter(torch.empty(d_out)) if bias else None
        bound = 1 / math.sqrt(d_in)  # torch's own start for a convolution
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """Apply to each vector."""
        return F.linear(x, self.weight[..., 0], self.bias)


class Block(nn.Module):
    """Projection, normalisation over all channels, optional scale and shift, SiLU."""

    def __init__(self, d_in: int, d_out: int):
        super().__init__()
        self.proj = Pointwise(d_in, d_out)
        # GroupNorm with one group over one position is LayerNorm over the channels, and faster.
        self.norm = nn.LayerNorm(d_out, eps=1e-5)

    def forward(
        self, x: Float[Tensor, "*B I"], scale_shift: Float[Tensor, "*#B P"] | None = None
    ) -> Float[Tensor, "*B O"]:
        """Apply; `scale_shift` holds the scales, then the shifts."""
        x = self.norm(self.proj(x))
        if scale_shift is not None:
            scale, shift = scale_shift.chunk(2, -1)
            x = torch.addcmul(shift, x, scale + 1)
        return F.silu(x)


class ResnetBlock(nn.Module):
    """Two blocks and a shortcut; the first is modulated by step and context.

    The modulation is Linear(SiLU(cat(step, context))). Its two halves are exposed apart (`time_part`,
    `context_part`), because in sampling the context is the same for all steps and the step the same for all samples.
    """

    def __init__(self, d_in: int, d_out: int, time_dim: int, context_dim: int):
        super().__init__()
        self.time_dim = time_dim
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time_dim + context_dim, 2 * d_out))
        self.block1 = Block(d_in, d_out)
        self.block2 = Block(d_out, d_out)
        self.res_conv = Pointwise(d_in, d_out) if d_in != d_out else nn.Identity()

    def time_part(self, activated_time: Float[Tensor, "*B T"]) -> Float[Tensor, "*B P"]:
        """The step's share of the modulation, of SiLU(step embedding)."""
        return F.linear(activated_time, cast(nn.Linear, self.mlp[1]).weight[:, : self.time_dim])

    def context_part(self, activated_context: Float[Tensor, "*B C"]) -> Float[Tensor, "*B P"]:
        """The context's share of the modulation, of SiLU(context), with the bias."""
        linear = cast(nn.Linear, self.mlp[1])
        return F.linear(activated_context, linear.weight[:, self.time_dim :], linear.bias)

    def forward(self, x: Float[Tensor, "*B I"], scale_shift: Float[Tensor, "*#B P"]) -> Float[Tensor, "*B O"]:
        """Apply with the sum of both parts."""
        return self.block2(self.block1(x, scale_shift)) + self.res_conv(x)


class RMSNorm(nn.Module):
    """Unit root mean square over the channels, times a learned gain."""

    def __init__(self, width: int):
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, width, 1))

    def forward(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        """Normalise."""
        return F.normalize(x, dim=-1, eps=1e-12) * (self.g[0, :, 0] * math.sqrt(x.shape[-1]))


class Attention(nn.Module):
    """Self-attention among `n_qkv` learned projections of one vector (OFER's stand-in for a sequence).

    out = to_out_linear over j of to_out(softmax(q_j k^T / sqrt(d)) v). Both output maps are linear, so the
    projections are mixed before `to_out`: the same result for a sixteenth of the products.
    """

    def __init__(self, width: int, heads: int = 4, head_dim: int = 32, n_qkv: int = 16):
        super().__init__()
        self.heads, self.head_dim, self.n_qkv = heads, head_dim, n_qkv
        inner = heads * head_dim
        self.to_qkv = Pointwise(width, n_qkv * 3 * inner, bias=False)
        self.to_out = Pointwise(inner, width)
        self.to_out_linear = nn.Linear(n_qkv, 1)

    def forward(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        """Attend."""
        qkv = self.to_qkv(x).unflatten(-1, (self.n_qkv, 3, self.heads, self.head_dim))
        q, k, v = (part.transpose(-3, -2) for part in qkv.unbind(-3))  # each (*B, heads, n_qkv, head_dim)
        weights = torch.softmax(q @ k.transpose(-2, -1) * self.head_dim**-0.5, -1)
        mixed = (self.to_out_linear.weight @ weights) @ v  # (*B, heads, 1, head_dim)
        out = F.linear(mixed.flatten(-3), self.to_out.weight[..., 0])
        bias = cast(Tensor, self.to_out.bias) * self.to_out_linear.weight.sum() + self.to_out_linear.bias
        return out + bias


class PreNorm(nn.Module):
    """Normalise, then apply."""

    def __init__(self, width: int, fn: nn.Module):
        super().__init__()
        self.fn = fn
        self.norm = RMSNorm(width)

    def forward(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        """Apply to the normalised input."""
        return self.fn(self.norm(x))


class Residual(nn.Module):
    """Add the input back."""

    def __init__(self, fn: nn.Module):
        super().__init__()
        self.fn = fn

    def forward(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        """Apply and add."""
        return self.fn(x) + x
