"""What the machine at hand can do at most: the measures that floors are made of."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from manyfaces.bench.report.provenance import cpu_name


@dataclass(frozen=True)
class Machine:
    """A device and its measured limits.

    Attributes:
        name: of the CPU or the GPU.
        threads: that torch uses; 0 on a GPU.
        gflops: best rate of a large float32 matrix product, GFLOP/s; all threads together.
        gbytes: best rate of reading memory far larger than any cache, GB/s; all threads together.
    """

    name: str
    threads: int
    gflops: float
    gbytes: float

    def __str__(self) -> str:
        """One line for the head of a report."""
        threads = f", {self.threads} threads" if self.threads else ""
        return f"{self.name}{threads}: {self.gflops:.0f} GFLOP/s in float32, {self.gbytes:.0f} GB/s"


def measure_machine(device: torch.device) -> Machine:
    """Measure the device. Takes about a second."""
    n = 8192 if device.type == "cuda" else 1536
    a, b = torch.rand(n, n, device=device), torch.rand(n, n, device=device)
    product = _fastest(lambda: a @ b, device, 8)
    memory = torch.ones(2**28 if device.type == "cuda" else 2**26, device=device)
    reading = _fastest(memory.sum, device, 8)
    if device.type == "cuda":
        name, threads = torch.cuda.get_device_name(device), 0
    else:
        name = f"{cpu_name()} ({torch.backends.cpu.get_cpu_capability()})"
        threads = torch.get_num_threads()
    return Machine(name, threads, 2e-9 * n**3 / product, 4e-9 * len(memory) / reading)


def _fastest(call: Callable[[], object], device: torch.device, repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
