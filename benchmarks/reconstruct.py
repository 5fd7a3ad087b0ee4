"""One photo, from the command line in a new process: N = 100 identities, M = 15 hypotheses, two threads."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.lines import Line, at_most, figure

RUNS = 3
PHOTO = Path(__file__).parents[1] / "examples" / "astronaut_mask.jpg"
# Asks the kernel for the largest resident size of the process that it has just waited for.
_MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def run() -> list[Line]:
    seconds, megabytes, timings = [], [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "manyfaces", "reconstruct", str(PHOTO), "--out", folder]
            start = time.perf_counter()
            environment = {**os.environ, "OMP_NUM_THREADS": "2"}
            measured = [sys.executable, "-c", _MEASURE, *command]
            done = subprocess.run(measured, check=True, capture_output=True, text=True, env=environment)
            seconds.append(time.perf_counter() - start)
            megabytes.append(int(done.stdout.split()[-1]) / 1024)
            timings.append(json.loads((Path(folder) / PHOTO.stem / "report.json").read_text())["timings_s"])
    parts = {name: statistics.median(t[name] for t in timings) for name in timings[0]}
    return [
        at_most("reconstruct one photo, new process", 8, statistics.median(seconds), "s"),
        at_most("the same, peak memory", 2048, max(megabytes), "MB"),
        at_most("the same, sampling and ranking", 1.0, parts["sample_and_rank"], "s"),
        figure("the same, finding points and what hides them", parts["look"], "s"),
        figure("the same, settling and cameras", parts["align"], "s"),
    ]
