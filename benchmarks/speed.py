"""One photo, the paper's networks at random, CPU: encode, 100 identities, rank, 15 expressions, vertices.

The whole table, by parts and beside the floors, is `manyfaces bench speed`.
"""

from functools import partial

import torch

from benchmarks.lines import Line, at_most, figure
from manyfaces.bench.speed.call_pattern import CallPattern
from manyfaces.bench.speed.clock import Cost, measure
from manyfaces.bench.speed.system import N_EXPRESSIONS, N_IDENTITIES, System, random_system
from manyfaces.diffusion import ANCESTRAL, FAST
from manyfaces.methods.ofer import PAPER
from manyfaces.nn import Execution
from manyfaces.pipeline.workers import sample_workers

CPU = torch.device("cpu")
CALLS = 10


@torch.no_grad()
def run() -> list[Line]:
    system = random_system(PAPER, True, CPU)
    system.ofer.run_as(Execution(workers=sample_workers(CPU)))
    crops = system.crops(1)
    fast = measure(partial(system.whole, crops, FAST), CPU, 3)
    exact = measure(partial(system.whole, crops, ANCESTRAL), CPU, 1, warm_up=False)
    pattern = published(system)
    what = f"the paper's networks, one photo, {torch.get_num_threads()} threads"
    return [
        at_most(f"{what}, default sampler", 3, fast.wall_s, "s"),
        figure("the same, CPU time", fast.cpu_s, "s"),
        at_most(f"{what}, DDPM-1000", 25, exact.wall_s, "s"),
        figure("the same, CPU time", exact.cpu_s, "s"),
        figure(f"the published call pattern, DDPM-1000 ({CALLS} calls timed), without encoders", pattern.cpu_s, "s"),
    ]


def published(system: System) -> Cost:
    """A thousand calls of either generator, on one thread, where they take the least CPU time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        costs = []
        for part, n in ((system.ofer.idgen, N_IDENTITIES), (system.ofer.expgen, N_EXPRESSIONS)):
            generator = part.generator
            context = torch.randn(1, generator.context_dim).expand(n, -1)
            call = partial(CallPattern(generator.net), torch.randn(n, generator.dim), 500.0, context)
            costs.append(measure(lambda call=call: [call() for _ in range(CALLS)], CPU, 3).times(1000 / CALLS))
        return costs[0] + costs[1]
    finally:
        torch.set_num_threads(threads)
