"""Processes that train one network together, as `torchrun` starts them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from manyfaces.core.errors import ConfigError
from manyfaces.diffusion import BatchStream
from manyfaces.train.shared_norm import share_batch_norms

# One process may have to wait for another that draws candidates or renders for hours.
PATIENCE = timedelta(hours=12)


@dataclass(frozen=True)
class Part:
    """A process' part of every batch: of `count` equal runs of rows, number `index`.

    Attributes:
        index: number of this process, from 0.
        count: processes in all.
    """

    index: int = 0
    count: int = 1

    def rows(self, batch_size: int) -> slice:
        """This process' rows of a batch of all processes.

        Raises:
            ConfigError: the batch cannot be split evenly.
        """
        if batch_size % self.count:
            raise ConfigError(
                f"a batch of {batch_size} cannot be shared evenly by {self.count} processes",
                "start a number of processes that divides it",
            )
        own = batch_size // self.count
        return slice(self.index * own, (self.index + 1) * own)

    def stream(self, generator: torch.Generator, batch_size: int) -> BatchStream:
        """This process' share of the random numbers of a batch."""
        return BatchStream(generator, self.rows(batch_size).start, batch_size)


WHOLE = Part()


@dataclass(frozen=True)
class Parallel:
    """This process among those that train together; alone by default.

    Attributes:
        part: its part of every batch.
        device: where it computes.
    """

    part: Part = WHOLE
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and talks."""
        return self.part.index == 0

    @property
    def several(self) -> bool:
        """Whether there are others."""
        return self.part.count > 1

    def share(self, network: nn.Module) -> nn.Module:
        """Make a network's gradients the means over all processes; its batch norms look at all their rows."""
        if not self.several:
            return network
        share_batch_norms(network)
        return DistributedDataParallel(network)

    def mean(self, values: Tensor) -> list[float]:
        """Mean of each number over all processes."""
        if self.several:
            values = values.clone()
            dist.all_reduce(values)
            values /= self.part.count
        return cast(list[float], values.tolist())

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.several:
            dist.barrier()

    @contextmanager
    def first_one(self) -> Iterator[None]:
        """Let the first process do a thing before the others, who then find what it left on disk."""
        if not self.first:
            self.wait()
        yield
        if self.first:
            self.wait()


@contextmanager
def join_processes(device: str | torch.device = "cpu") -> Iterator[Parallel]:
    """Join the other processes that `torchrun` started, if it did; leave them at the end.

    Args:
        device: where to compute; `cuda` becomes the GPU of this process' number.
    """
    device = torch.device(device)
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Parallel(WHOLE, device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Parallel(Part(dist.get_rank(), count), device)
    finally:
        dist.destroy_process_group()
