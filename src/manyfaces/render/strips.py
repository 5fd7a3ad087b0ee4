"""How the CPU kernels are spread over threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch


def run_in_strips(draw: Callable[[int, int, int], None], batch: int, height: int) -> None:
    """Call draw(frame, first_row, last_row) for all frames, cut into strips where frames alone leave threads idle.

    The threads live for one call: a pool kept between calls would be dead, and hang, in a forked data-loader worker.
    """
    threads = torch.get_num_threads()
    strips = min(height, -(-threads // batch)) if batch else 1
    rows = [height * s // strips for s in range(strips + 1)]
    jobs = [(frame, rows[s], rows[s + 1]) for frame in range(batch) for s in range(strips)]
    if threads == 1 or len(jobs) <= 1:
        for job in jobs:
            draw(*job)
        return
    with ThreadPoolExecutor(min(threads, len(jobs))) as pool:
        for done in [pool.submit(draw, *job) for job in jobs]:
            done.result()
