"""The published code's way of calling its networks, written anew, so that what it costs can be measured here.

It computes what `UNet1D` computes. What makes it slow is how:

- sixteen query/key/value convolutions in each attention block, one after the other, and sixteen outputs of it that are
  mixed last;
- the step's and the context's share of every block made anew in each call, for each of the N samples;
- the photo's encoders run on N copies of the photo.
"""

from collections.abc import Iterator
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.nn import UNet1D
from manyfaces.nn.blocks import Attention, Block, Pointwise, PreNorm, Residual, ResnetBlock


class CallPattern:
    """`(x_t, t, context) -> eps` of a network, called as the published code calls it.

    Args:
        net: whose weights to take.
    """

    def __init__(self, net: UNet1D):
        self._net = net
        attentions = [module for module in net.modules() if isinstance(module, Attention)]
        # One tensor for each projection, as there: copied, or they would lie side by side.
        self._projections = {id(a): [w.clone() for w in a.to_qkv.weight.detach().chunk(a.n_qkv)] for a in attentions}

    @torch.no_grad()
    def __call__(self, noisy: Float[Tensor, "N D"], t: float, context: Float[Tensor, "N C"]) -> Float[Tensor, "N D"]:
        """Predict eps; the context is repeated for each sample."""
        net = self._net
        time = net.time_mlp(torch.full((len(noisy),), float(t), device=noisy.device, dtype=noisy.dtype))
        self._condition = torch.cat([time, context], -1)
        x = _convolved(net.init_conv, noisy[..., None])
        skips = [x]
        for block1, block2, attention, shrink in _levels(net.downs):
            x = self._block(block1, x)
            skips.append(x)
            x = self._attend(attention, self._block(block2, x))
            skips.append(x)
            x = _resized(shrink, x)
        x = self._attend(net.mid_attn, self._block(net.mid_block1, x))
        x = self._block(net.mid_block2, x)
        for grow, block1, block2, attention in _levels(net.ups):
            x = self._block(block1, torch.cat([_resized(grow, x), skips.pop()], 1))
            x = self._attend(attention, self._block(block2, torch.cat([x, skips.pop()], 1)))
        [(block, attention, project)] = _levels(net.finals)
        x = self._attend(attention, self._block(block, torch.cat([x, skips.pop()], 1)))
        return _convolved(project, x)[..., 0]

    def _block(self, block: ResnetBlock, x: Float[Tensor, "N I 1"]) -> Float[Tensor, "N O 1"]:
        scale, shift = block.mlp(self._condition)[..., None].chunk(2, 1)
        h = F.silu(_normalised(block.block1, x) * (scale + 1) + shift)
        h = F.silu(_normalised(block.block2, h))
        return h + (_convolved(block.res_conv, x) if isinstance(block.res_conv, Pointwise) else x)

    def _attend(self, residual: nn.Module, x: Float[Tensor, "N W 1"]) -> Float[Tensor, "N W 1"]:
        norm = cast(PreNorm, cast(Residual, residual).fn).norm
        attention = cast(Attention, cast(PreNorm, cast(Residual, residual).fn).fn)
        unit = F.normalize(x, dim=1) * norm.g * x.shape[1] ** 0.5
        triples = torch.cat([F.conv1d(unit, weight) for weight in self._projections[id(attention)]], -1)
        shape = (attention.heads, attention.head_dim)
        q, k, v = (part.unflatten(1, shape) for part in triples.chunk(3, 1))  # each (N, heads, head_dim, n_qkv)
        similarity = torch.einsum("nhdi,nhdj->nhij", q * attention.head_dim**-0.5, k)
        mixed = torch.einsum("nhij,nhdj->nhdi", similarity.softmax(-1), v).flatten(1, 2)
        return attention.to_out_linear(F.conv1d(mixed, attention.to_out.weight, attention.to_out.bias)) + x


def _levels(levels: nn.Module) -> Iterator[Any]:
    return iter(cast(Any, levels))


def _convolved(layer: Pointwise, x: Float[Tensor, "N I 1"]) -> Float[Tensor, "N O 1"]:
    return F.conv1d(x, layer.weight, layer.bias)


def _normalised(block: Block, x: Float[Tensor, "N I 1"]) -> Float[Tensor, "N O 1"]:
    return F.group_norm(_convolved(block.proj, x), 1, block.norm.weight, block.norm.bias)


def _resized(layers: nn.Module, x: Float[Tensor, "N I 1"]) -> Float[Tensor, "N O 1"]:
    return layers(x[..., 0])[..., None]
