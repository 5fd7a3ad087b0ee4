"""Threads that share out the samples of one photo."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor


class SampleWorkers:
    """Threads in which torch uses no further threads (`nn.Workers`); they begin with the first work.

    Args:
        n: how many; as many as torch is set to use, by default.
    """

    def __init__(self, n: int | None = None):
        self.n = n or torch.get_num_threads()
        self._pool: ThreadPoolExecutor | None = None
        self._process = 0

    def map(self, function: Callable[..., Tensor], *parts: Sequence[Tensor]) -> list[Tensor]:
        """Apply the function to the k-th of all parts, each k in a thread."""
        if self._pool is None or self._process != os.getpid():  # threads do not survive a fork
            self._pool, self._process = _single_threaded(self.n), os.getpid()
        return list(self._pool.map(function, *parts))


def sample_workers(device: torch.device) -> SampleWorkers | None:
    """Workers where they are of use: on a CPU, where torch is set to more than one thread."""
    return SampleWorkers() if device.type == "cpu" and torch.get_num_threads() > 1 else None


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
