"""The protocol: every part and the whole, both samplers, beside the floor and beside the published call pattern."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from manyfaces.bench.report import provenance, show_tables
from manyfaces.bench.speed.call_pattern import CallPattern
from manyfaces.bench.speed.clock import Cost, measure
from manyfaces.bench.speed.machine import measure_machine
from manyfaces.bench.speed.report import PUBLISHED, Row, SpeedReport
from manyfaces.bench.speed.system import N_EXPRESSIONS, N_IDENTITIES, System, random_system, works
from manyfaces.bench.speed.work import Work
from manyfaces.diffusion import ANCESTRAL, FAST, SamplerConfig
from manyfaces.methods.ofer import OPEN, PAPER, OferConfig
from manyfaces.methods.ofer.expgen import Expressions
from manyfaces.nn import Execution
from manyfaces.pipeline.workers import sample_workers

RECIPES: dict[str, tuple[OferConfig, bool]] = {"open": (OPEN, False), "paper": (PAPER, True)}
"""Sizes, and whether the networks have image encoders; the open recipe's point encoder belongs to the detector.

The smaller first: a process does not give back all memory that it frees.
"""
SAMPLERS: dict[str, SamplerConfig] = {"fast": FAST, "ddpm": ANCESTRAL}
PHOTOS_TOGETHER = {"cpu": 4, "cuda": 64}
CALLS_TIMED = 20
"""Of the published pattern's 1000 calls for each network, which are all alike."""
COPIES_TIMED = 10
"""Of the hundred copies of a photo that its encoders run on."""


@torch.no_grad()
def run_speed(out: Path, device: str = "cpu") -> SpeedReport:
    """Measure, print the tables and write `speed.json` and `speed.md` into `out`.

    Args:
        out: folder for the tables.
        device: where to measure.
    """
    where = torch.device(device)
    console = Console(stderr=True)
    machine = measure_machine(where)
    rows: list[Row] = []
    for row in chain(_ours(where), _published(where)):
        console.print(f"{row.recipe}, {row.sampler}: {row.part}, {row.cost.wall_s:.3g} s", style="dim")
        rows.append(row)
    report = SpeedReport(machine, tuple(rows))
    report.write(out, provenance(device=where, machine=machine))
    shown = Console()
    shown.print(str(machine))
    show_tables(report.tables, shown)
    return report


def _ours(device: torch.device) -> Iterator[Row]:
    for recipe, (config, encoded) in RECIPES.items():
        system = random_system(config, encoded, device)
        counted = system if device.type == "cpu" else random_system(config, encoded, torch.device("cpu"))
        for name, sampler in SAMPLERS.items():
            work = works(counted, sampler)
            for label, execution in _executions(device).items():
                system.ofer.run_as(execution)
                yield from _recipe(system, recipe, f"{name}{label}", sampler, work)


def _executions(device: torch.device) -> dict[str, Execution]:
    """What is compared, by the end of its name."""
    plain = {"": Execution(workers=sample_workers(device))}
    if device.type == "cpu":
        return plain
    return {**plain, ", compiled": Execution(compiled=True), ", bfloat16": Execution("bfloat16", compiled=True)}


def _recipe(system: System, recipe: str, label: str, sampler: SamplerConfig, work: dict[str, Work]) -> Iterator[Row]:
    repeats = 1 if sampler is ANCESTRAL and system.device.type == "cpu" else 5
    for part, call in _parts(system, sampler).items():
        often = repeats if part in ("idgen", "expgen") else 5
        yield Row(recipe, label, part, 1, measure(call, system.device, often, often > 1), work[part])
    total = sum(work.values(), Work())
    for n_photos in (1, PHOTOS_TOGETHER[system.device.type]):
        if n_photos > 1 and repeats == 1:
            continue  # minutes
        given = system.crops(n_photos) if system.encoders else system.conditions(n_photos)
        cost = measure(partial(system.whole, given, sampler), system.device, repeats, repeats > 1)
        yield Row(recipe, label, "whole", n_photos, cost, total.times(n_photos))


def _parts(system: System, sampler: SamplerConfig) -> dict[str, partial[Any]]:
    ofer, given = system.ofer, system.conditions(1)
    identities = torch.randn(1, N_IDENTITIES, ofer.config.n_identity, device=system.device)
    drawn = Expressions(
        torch.randn(1, N_EXPRESSIONS, ofer.config.n_expression, device=system.device),
        torch.randn(1, N_EXPRESSIONS, ofer.config.n_jaw, device=system.device),
    )
    best, generators = identities[:, 0], system.generators(1)
    parts = {"encode": partial(system.encode, system.crops(1))} if system.encoders else {}
    return {
        **parts,
        "idgen": partial(ofer.sample_identities, given["idgen"], N_IDENTITIES, generators, sampler),
        "rank": partial(ofer.rank, given["idrank"], identities),
        "expgen": partial(ofer.sample_expressions, given["expgen"], best, N_EXPRESSIONS, generators, sampler),
        "vertices": partial(system.vertices, best, drawn),
    }


def _published(device: torch.device) -> Iterator[Row]:
    """The published way: a thousand calls for either network, encoders on a hundred copies of the photo."""
    system = random_system(PAPER, True, device)
    with _one_thread():
        yield from _published_parts(system)


def _published_parts(system: System) -> Iterator[Row]:
    device = system.device
    for part, n in (("idgen", N_IDENTITIES), ("expgen", N_EXPRESSIONS)):
        generator = getattr(system.ofer, part).generator
        context = torch.randn(1, generator.context_dim, device=device).expand(n, -1)
        call = partial(CallPattern(generator.net), torch.randn(n, generator.dim, device=device), 500.0, context)
        cost = _calls(call, device).times(1000 / CALLS_TIMED)
        yield Row("paper", PUBLISHED, part, 1, cost, None)
    copies, once = system.crops(COPIES_TIMED), system.crops(1)
    copied = {part: system.encoders[part] for part in ("idgen", "expgen")}
    cost = measure(lambda: [encoder(copies) for encoder in copied.values()], device, 2)
    alone = measure(partial(system.encoders["idrank"], once), device, 2)
    yield Row("paper", PUBLISHED, "encode", 1, cost.times(N_IDENTITIES / COPIES_TIMED) + alone, None)


def _calls(call: partial[Any], device: torch.device) -> Cost:
    def many() -> None:
        for _ in range(CALLS_TIMED):
            call()

    return measure(many, device, 3)


@contextmanager
def _one_thread() -> Iterator[None]:
    """On one thread none waits for another: the CPU time is that of the work, on a busy machine too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
