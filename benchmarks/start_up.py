"""How long a person waits before anything happens: each figure is the median of five fresh processes."""

import statistics
import subprocess
import sys
import time

from benchmarks.lines import Line, at_most, figure

RUNS = 5


def run() -> list[Line]:
    bare = median_seconds("-c", "pass")
    return [
        figure("python -c pass", bare, "s"),
        at_most("import manyfaces (whole process)", 0.2, median_seconds("-c", "import manyfaces"), "s"),
        at_most("manyfaces --help (whole process)", 0.5, median_seconds("-m", "manyfaces", "--help"), "s"),
    ]


def median_seconds(*arguments: str) -> float:
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
