"""How long a person waits before anything happens: each figure is the median of five fresh processes."""

import os
import statistics
import subprocess
import sys
import time

from benchmarks.lines import Line, at_most, figure

RUNS = 5


def run() -> list[Line]:
    bare, _ = median_seconds("-c", "pass")
    imported, _ = median_seconds("-c", "import manyfaces")
    helped, helped_cpu = median_seconds("-m", "manyfaces", "--help")
    return [
        figure("python -c pass, new process", bare, "s"),
        at_most("import manyfaces, new process", 0.2, imported, "s"),
        at_most("manyfaces --help, new process", 0.5, helped, "s"),
        figure("the same, CPU time", helped_cpu, "s"),  # far below the line above: the machine was busy
    ]


def median_seconds(*arguments: str) -> tuple[float, float]:
    """Wall and CPU seconds of a new Python process."""
    wall, cpu = [], []
    for _ in range(RUNS):
        start, used = time.perf_counter(), children_cpu()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        wall.append(time.perf_counter() - start)
        cpu.append(children_cpu() - used)
    return statistics.median(wall), statistics.median(cpu)


def children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system
