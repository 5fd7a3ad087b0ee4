"""The parts of the U-Net as they sample: weights fixed, constants folded into the matrix products beside them."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.nn.blocks import Attention, Pointwise, PreNorm, Residual, ResnetBlock
from manyfaces.nn.product import Product


@dataclass(frozen=True)
class FrozenBlock:
    """A `ResnetBlock`; the gain and offset of its first norm are in the modulation (`frozen_modulation`)."""

    first: Product
    second: Product
    gain: Float[Tensor, " O"]
    offset: Float[Tensor, " O"]
    shortcut: Callable[[Tensor], Tensor]

    def __call__(
        self, x: Float[Tensor, "*B I"], scale: Float[Tensor, "*#B O"], shift: Float[Tensor, "*#B O"]
    ) -> Float[Tensor, "*B O"]:
        """Apply."""
        h = F.layer_norm(self.first(x), self.gain.shape, eps=1e-5)
        h = F.silu(torch.addcmul(shift, h, scale))
        h = F.silu(F.layer_norm(self.second(h), self.gain.shape, self.gain, self.offset, eps=1e-5))
        return h + self.shortcut(x)


@dataclass(frozen=True)
class FrozenAttention:
    """An `Attention` with the norm before it and the residual around it.

    Query, key and value are products apart: each result is then what the batched product over heads takes, where one
    fused result would first have to be copied into three.
    """

    query: Product
    key: Product
    value: Product
    mixing: Float[Tensor, "1 Q"]
    out: Product
    head_dim: int

    def __call__(self, x: Float[Tensor, "*B W"]) -> Float[Tensor, "*B W"]:
        """Attend and add."""
        unit = F.normalize(x, dim=-1, eps=1e-12)
        shape = (-1, self.mixing.shape[-1], self.head_dim)
        query, key, value = (project(unit).view(shape) for project in (self.query, self.key, self.value))
        # Keys are the rows and queries the columns: a softmax down the columns is the one that fills CPU registers.
        weights = torch.softmax(torch.bmm(key, query.mT), 1)
        mixed = torch.bmm(F.linear(weights, self.mixing).mT, value)
        return x + self.out(mixed.view(*x.shape[:-1], -1))


@dataclass(frozen=True)
class FrozenResize:
    """The two linear maps, with SiLU between, from one level to the next."""

    first: Product
    second: Product

    def __call__(self, x: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """Apply."""
        return self.second(F.silu(self.first(x)))


FrozenPart: TypeAlias = FrozenBlock | FrozenAttention | FrozenResize | Product


def frozen_level(level: Iterable[nn.Module], dtype: torch.dtype) -> tuple[FrozenPart, ...]:
    """Freeze the parts of one level of the U-Net, in order; call without gradients."""
    return tuple(_frozen(part, dtype) for part in level)


def frozen_modulation(block: ResnetBlock) -> tuple[Float[Tensor, "P I"], Float[Tensor, " P"]]:
    """Weight and bias, for SiLU(cat(step, context)), of a block's scale, then its shift.

    The block normalises to g n + o, then modulates to (g n + o) (1 + scale) + shift. Folded, that is n a + b with
    a = g (1 + scale) and b = o (1 + scale) + shift.
    """
    linear, norm = cast(nn.Linear, block.mlp[1]), block.block1.norm
    (scale, shift), (scale_bias, shift_bias) = linear.weight.chunk(2), linear.bias.chunk(2)
    gain, offset = norm.weight, norm.bias
    weight = torch.cat([gain[:, None] * scale, offset[:, None] * scale + shift])
    return weight, torch.cat([gain * (1 + scale_bias), offset * (1 + scale_bias) + shift_bias])


def _frozen(part: nn.Module, dtype: torch.dtype) -> FrozenPart:
    if isinstance(part, ResnetBlock):
        return _frozen_block(part, dtype)
    if isinstance(part, Residual):
        return _frozen_attention(cast(PreNorm, part.fn), dtype)
    if isinstance(part, Pointwise):
        return _pointwise(part, dtype)
    first, _, second = cast(tuple[nn.Linear, nn.SiLU, nn.Linear], tuple(cast(nn.Sequential, part)))
    return FrozenResize(Product(first.weight, first.bias, dtype), Product(second.weight, second.bias, dtype))


def _frozen_block(block: ResnetBlock, dtype: torch.dtype) -> FrozenBlock:
    norm, shortcut = block.block2.norm, block.res_conv
    return FrozenBlock(
        first=_pointwise(block.block1.proj, dtype),
        second=_pointwise(block.block2.proj, dtype),
        gain=norm.weight.detach().to(dtype, copy=True),
        offset=norm.bias.detach().to(dtype, copy=True),
        shortcut=_pointwise(shortcut, dtype) if isinstance(shortcut, Pointwise) else nn.Identity(),
    )


def _frozen_attention(prenorm: PreNorm, dtype: torch.dtype) -> FrozenAttention:
    """Fold the norm's gain and the temperature into the projections, both output maps' biases into one."""
    attention, gain = cast(Attention, prenorm.fn), prenorm.norm.g[0, :, 0]
    sizes = (attention.n_qkv, 3, attention.heads, attention.head_dim)
    weight = attention.to_qkv.weight[..., 0] * (gain * math.sqrt(len(gain)))
    query, key, value = weight.unflatten(0, sizes).permute(1, 2, 0, 3, 4).flatten(1, 3)
    out, mixing = attention.to_out, attention.to_out_linear
    bias = cast(Tensor, out.bias) * mixing.weight.sum() + mixing.bias
    return FrozenAttention(
        query=Product(query * attention.head_dim**-0.5, None, dtype),
        key=Product(key, None, dtype),
        value=Product(value, None, dtype),
        mixing=mixing.weight.detach().to(dtype, copy=True),
        out=Product(out.weight[..., 0], bias, dtype),
        head_dim=attention.head_dim,
    )


def _pointwise(layer: Pointwise, dtype: torch.dtype) -> Product:
    return Product(layer.weight[..., 0], layer.bias, dtype)
