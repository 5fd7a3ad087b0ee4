"""Batch norm over the rows of all processes: torch's own needs a GPU, and half a batch is another batch."""

from typing import Any, cast

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def share_batch_norms(network: nn.Module) -> None:
    """Turn every batch norm of a network into a `SharedBatchNorm`, in place.

    The class is changed and not the object: others may hold the object, to keep it frozen for example.
    """
    for module in network.modules():
        if type(module) in (nn.BatchNorm1d, nn.BatchNorm2d):
            module.__class__ = SharedBatchNorm


class SharedBatchNorm(_BatchNorm):
    """Batch norm whose mean and variance in training are those of the batch of all processes."""

    def forward(self, input: Float[Tensor, "B C ..."]) -> Float[Tensor, "B C ..."]:
        """Normalise; in evaluation by the running mean and variance, as ever."""
        if not self.training:
            return super().forward(input)
        x = input.to(torch.promote_types(input.dtype, torch.float32))  # sums over a batch do not go into 16 bits
        axes, shape = [0, *range(2, x.ndim)], (1, -1, *[1] * (x.ndim - 2))
        n = x.numel() // x.shape[1] * dist.get_world_size()
        mean = _total(x.sum(axes)) / n
        centred = x - mean.view(shape)
        variance = _total(centred.square().sum(axes)) / n
        self._remember(mean.detach(), variance.detach() * n / (n - 1))
        scaled = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            scaled = scaled * self.weight.view(shape) + self.bias.view(shape)
        return scaled.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = self.momentum if self.momentum is not None else 1.0 / float(self.num_batches_tracked)
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)

    def _check_input_dim(self, input: Tensor) -> None:
        """Any number of dimensions from two up."""


class _Total(torch.autograd.Function):
    """Sum over all processes. Every process' loss depends on it, so its gradient is summed as well."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return _Total.forward(ctx, gradient)


def _total(x: Tensor) -> Tensor:
    return cast(Tensor, _Total.apply(x))
