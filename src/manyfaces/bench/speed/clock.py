"""Time and memory of a call."""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Cost:
    """What a call takes.

    Attributes:
        wall_s: by the clock on the wall.
        cpu_s: of all threads of the process together; that of launching alone, on a GPU.
        memory_mb: peak while it ran: of the process on a CPU, of torch's tensors on a GPU.
    """

    wall_s: float
    cpu_s: float
    memory_mb: float

    def times(self, factor: float) -> "Cost":
        """The same, for so many times the work."""
        return Cost(self.wall_s * factor, self.cpu_s * factor, self.memory_mb)

    def __add__(self, other: "Cost") -> "Cost":
        """One after the other."""
        return Cost(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s, max(self.memory_mb, other.memory_mb))


def measure(call: Callable[[], object], device: torch.device, repeats: int, warm_up: bool = True) -> Cost:
    """The least of some repeats: what other work on the machine adds is not the call's.

    Args:
        call: what to measure.
        device: where it runs.
        repeats: how often.
        warm_up: call it once before.
    """
    if warm_up:
        call()
    walls, cpus = [], []
    _begin_peak(device)
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Cost(min(walls), min(cpus), _peak_mb(device))


_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def _begin_peak(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
    elif _CLEAR.exists():
        _CLEAR.write_text("5", encoding="ascii")  # Linux: forget the peak so far


def _peak_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    if _STATUS.exists():
        [peak] = [line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")]
        return int(peak.split()[1]) / 2**10
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
