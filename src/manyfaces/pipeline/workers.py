"""Threads that share out the samples of one photo."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class _Pools:
    """The threads of one process: those do not survive a fork.

    Attributes:
        process: its number.
        leader: one thread, for `run`.
        others: the rest, for `map`.
    """

    process: int
    leader: ThreadPoolExecutor
    others: ThreadPoolExecutor


class SampleWorkers:
    """Threads in which torch uses no further threads (`nn.Workers`); they begin with the first work.

    Args:
        n: how many, two or more; as many as torch is set to use, by default.
    """

    def __init__(self, n: int | None = None):
        self.n = n or torch.get_num_threads()
        self._pools: _Pools | None = None
        self._starting = threading.Lock()

    def run(self, function: Callable[[], T]) -> T:
        """Run the function in a thread of this kind; one at a time."""
        return self._threads().leader.submit(_as_here(function)).result()

    def map(self, function: Callable[..., Tensor], *parts: Sequence[Tensor]) -> list[Tensor]:
        """Apply the function to the k-th of all parts, the first in the calling thread, the others in one each."""
        first, *rest = zip(*parts, strict=True)
        others = [self._threads().others.submit(_as_here(partial(function, *part))) for part in rest]
        return [function(*first), *(other.result() for other in others)]

    def _threads(self) -> _Pools:
        with self._starting:
            if self._pools is None or self._pools.process != os.getpid():
                self._pools = _Pools(os.getpid(), _single_threaded(1), _single_threaded(self.n - 1))
            return self._pools


def sample_workers(device: torch.device) -> SampleWorkers | None:
    """Workers where they are of use: on a CPU, where torch is set to more than one thread."""
    return SampleWorkers() if device.type == "cpu" and torch.get_num_threads() > 1 else None


def run_alone(function: Callable[[], T], workers: SampleWorkers | None) -> T:
    """Run a function of many short operations where torch uses one thread.

    Two threads would meet after each, and on a busy machine spend most of their time waiting for each other.

    Args:
        function: what to do.
        workers: None where torch uses one thread anyway, or no thread is of use.
    """
    return function() if workers is None else workers.run(function)


def _as_here(function: Callable[[], T]) -> Callable[[], T]:
    """The function, with or without gradients as where it comes from; a thread does not inherit that."""
    gradients, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()

    def work() -> Any:
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
            return function()

    return work


def _single_threaded(n: int) -> ThreadPoolExecutor:
    in_force = torch.get_num_threads()
    pool = ThreadPoolExecutor(n, thread_name_prefix="samples")
    together = threading.Barrier(n)

    def begin(_: int) -> None:
        torch.get_num_threads()  # has torch set up this thread, with the number in force; only then change it
        torch.set_num_threads(1)
        together.wait()

    list(pool.map(begin, range(n)))
    # The number holds in the thread that sets it, and in all threads to come: put it back for those.
    torch.set_num_threads(in_force)
    return pool
