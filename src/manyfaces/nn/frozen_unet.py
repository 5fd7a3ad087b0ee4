"""The U-Net as it samples: weights fixed, all that is the same at every step worked out beforehand.

Equal to `UNet1D` up to rounding. What it saves:

- what depends on the step or on the context alone: for the paper's IdGen 29.6 -> 17.2 MFLOP a sample and step;
- the gains of the norms, the temperature of the softmax and the biases of attention, folded into products;
- copies, and the layout of the weights in memory (`Product`);
- waiting: on a CPU for other threads (`RowsShared`), on a GPU for launches (`Recorded`).
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.nn.execution import PLAIN, Execution, Recorded, RowsShared
from manyfaces.nn.frozen_blocks import frozen_level, frozen_modulation
from manyfaces.nn.product import Product
from manyfaces.nn.unet1d import UNet1D


@dataclass(frozen=True)
class PreparedUNet1D:
    """The denoiser of one sampling run, whose context and steps are known.

    Attributes:
        network: of x_t and the modulations of all blocks.
        context: (*P, W) the context's share of the modulations, biases included; broadcasts over samples.
        time: (K, W) the steps' share, one row for each prepared step.
        rows: row of `time` for each prepared step.
    """

    network: Callable[[Tensor, Tensor], Tensor]
    context: Float[Tensor, "*P W"]
    time: Float[Tensor, "K W"]
    rows: dict[int, int]

    @torch.no_grad()
    def __call__(self, noisy: Float[Tensor, "*B D"], t: int) -> Float[Tensor, "*B D"]:
        """Predict eps at one prepared step."""
        return self.network(noisy, self.context + self.time[self.rows[t]])


class FrozenUNet1D:
    """A `UNet1D` for sampling: the same results, no gradients. Does not see later changes of the weights.

    Args:
        net: the network.
        execution: how to run it.
    """

    @torch.no_grad()
    def __init__(self, net: UNet1D, execution: Execution = PLAIN):
        full = net.init_conv.weight.dtype
        self._dtype = torch.bfloat16 if execution.precision == "bfloat16" else full
        self._time_dim, self._time_mlp = net.time_dim, copy.deepcopy(net.time_mlp)
        modulations = [frozen_modulation(block) for block in net.blocks()]
        self._modulation, self._modulation_bias = (torch.cat(parts) for parts in zip(*modulations, strict=True))
        self._widths = list(chain.from_iterable([len(bias) // 2] * 2 for _, bias in modulations))
        self._first = cast(Product, frozen_level([net.init_conv], self._dtype)[0])
        self._downs = self._levels(net.downs)
        self._middle = frozen_level([net.mid_block1, net.mid_attn, net.mid_block2], self._dtype)
        self._ups = self._levels(net.ups)
        (self._last,) = self._levels(net.finals)
        self._on_cuda = Recorded(torch.compile(self._predict, dynamic=False) if execution.compiled else self._predict)
        self._on_cpu = self._predict
        if execution.workers is not None:
            self._on_cpu = RowsShared(self._predict, execution.workers, step_weights(net))

    def prepare(self, context: Float[Tensor, "*P C"], steps: Sequence[int]) -> PreparedUNet1D:
        """Compute the parts of the network that depend on the context or on the step alone.

        Args:
            context: (*P, C); put a 1 where the samples of one context will be.
            steps: every t that will be asked for.
        """
        with torch.no_grad():
            unique = sorted(set(steps))
            t = torch.tensor(unique, device=context.device, dtype=context.dtype)
            of_time, of_context = self._modulation.split([self._time_dim, context.shape[-1]], 1)
            return PreparedUNet1D(
                self._on_cuda if context.is_cuda else self._on_cpu,
                F.linear(F.silu(context), of_context, self._modulation_bias),
                F.linear(F.silu(self._time_mlp(t)), of_time),
                {step: row for row, step in enumerate(unique)},
            )

    def _levels(self, levels: nn.Module) -> list[Any]:
        return [frozen_level(cast(nn.ModuleList, level), self._dtype) for level in cast(nn.ModuleList, levels)]

    def _predict(self, noisy: Float[Tensor, "*B D"], modulations: Float[Tensor, "*#B W"]) -> Float[Tensor, "*B D"]:
        parts = iter(modulations.to(self._dtype).split(self._widths, -1))
        x = self._first(noisy.to(self._dtype))
        skips = [x]
        for block1, block2, attend, shrink in self._downs:
            x = block1(x, next(parts), next(parts))
            skips.append(x)
            x = attend(block2(x, next(parts), next(parts)))
            skips.append(x)
            x = shrink(x)
        block1, attend, block2 = cast(Any, self._middle)
        x = attend(block1(x, next(parts), next(parts)))
        x = block2(x, next(parts), next(parts))
        for grow, block1, block2, attend in self._ups:
            x = block1(torch.cat([grow(x), skips.pop()], -1), next(parts), next(parts))
            x = attend(block2(torch.cat([x, skips.pop()], -1), next(parts), next(parts)))
        block, attend, project = self._last
        x = attend(block(torch.cat([x, skips.pop()], -1), next(parts), next(parts)))
        return project(x).to(noisy.dtype)


def step_weights(net: UNet1D) -> int:
    """How many weights each prepared step reads: all but those of the step's embedding and of the modulations."""
    prepared = [net.time_mlp, *(block.mlp for block in net.blocks())]
    return sum(p.numel() for p in net.parameters()) - sum(p.numel() for part in prepared for p in part.parameters())
