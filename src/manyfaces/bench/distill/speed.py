"""Do people come as fast as a network learns? Pictures drawn, and learnt from, in a second."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from manyfaces.bench.report import Bar, Cell, Table, bar, bar_table, provenance, write_report
from manyfaces.bench.speed.clock import measure
from manyfaces.bench.speed.machine import measure_machine
from manyfaces.data.people import People, PeopleConfig
from manyfaces.data.processes import in_processes
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.distill import OPEN, DistillConfig, Sopi

NAME = "distill_speed"
SIDES = (112, 128)
PROCESSES = (1, 2)
DRAWN = {"cpu": 48, "cuda": 512}
LEARNT = {"cpu": 64, "cuda": 512}
BAR_PX = 128
LEAST = {"cpu": 150.0, "cuda": 20_000.0}
"""Pictures a second at `BAR_PX`: of two cores together, of one GPU."""


@dataclass(frozen=True)
class SpeedRow:
    """One rate.

    Attributes:
        what: that was done.
        side: of the pictures, pixels.
        processes: that did it.
        per_second: pictures.
    """

    what: str
    side: int
    processes: int
    per_second: float


@dataclass(frozen=True)
class DistillSpeed:
    """All rates of a machine.

    Attributes:
        rows: see there.
        machine: in words.
        device: where it was measured.
    """

    rows: tuple[SpeedRow, ...]
    machine: str
    device: str

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Drawing against its goal and against learning."""
        drawn = {row.side: row.per_second for row in self.rows if row.what == "drawn"}  # the last: most processes
        learnt = next((row.per_second for row in self.rows if row.what == "learnt from"), None)
        ahead = drawn.get(OPEN.picture_px)
        kind = torch.device(self.device).type
        return (
            bar(f"people drawn at {BAR_PX} px, pictures/s", drawn.get(BAR_PX), low=LEAST.get(kind)),
            bar("drawn over learnt from, at the network's size", ahead / learnt if ahead and learnt else None, low=1.0),
        )

    @property
    def tables(self) -> tuple[Table, ...]:
        """The rates, and the bars."""
        rows = tuple((r.what, str(r.side), str(r.processes), Cell(r.per_second, form=".0f")) for r in self.rows)
        title = f"Pictures in a second: {self.machine}"
        note = (
            "Drawn: synthetic people with exact coefficients. Learnt from: the open SOPI, forward, backward and Adam."
        )
        return Table(title, ("pictures", "side, px", "processes", "a second"), rows, (), (note,)), bar_table(self.bars)

    def write(self, out: Path) -> None:
        """Write `distill_speed.md`, `.tex`, `.csv` and `.json`.

        Raises:
            OutputError: they cannot be written.
        """
        write_report(NAME, self.tables, out, provenance(device=self.device, machine=self.machine))


def measure_speed(device: str, head: str = "openhead", n_batches: int = 6) -> DistillSpeed:
    """Measure drawing in one process and in two (one on a GPU), and learning.

    Args:
        device: where both run.
        head: whose people are drawn.
        n_batches: that each process draws for one rate.
    """
    kind = torch.device(device).type
    processes = PROCESSES if kind == "cpu" else (1,)
    rows = [
        SpeedRow("drawn", side, n, rate)
        for side in SIDES
        for n in processes
        if (rate := drawing_rate(side, n, device, head, n_batches))
    ]
    rows.append(SpeedRow("learnt from", OPEN.picture_px, 1, learning_rate(OPEN, device)))
    return DistillSpeed(tuple(rows), str(measure_machine(torch.device(device))), device)


def drawing_rate(side: int, processes: int, device: str, head: str, n_batches: int) -> float:
    """People drawn in a second by some processes together, each with one thread."""
    job = partial(_draw, side=side, device=device, head=head, n_batches=n_batches)
    if processes == 1:
        return _one_thread(job)
    return sum(rate for _, rate in in_processes(job, range(processes), processes))


def learning_rate(config: DistillConfig, device: str) -> float:
    """Pictures in a second that a SOPI is trained on, all threads of this process."""
    kind = torch.device(device).type
    network = Sopi(config).to(device)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    pictures = torch.rand(LEARNT.get(kind, LEARNT["cpu"]), 3, config.picture_px, config.picture_px, device=device)

    def step() -> None:
        with torch.autocast(kind, torch.bfloat16):
            loss = nn.functional.mse_loss(
                network(pictures), torch.zeros(len(pictures), config.layout.size).to(pictures)
            )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return LEARNT.get(kind, LEARNT["cpu"]) / measure(step, torch.device(device), 3).wall_s


def _one_thread(job: partial[float]) -> float:
    """In this process, as it would be in one of several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return job(0)
    finally:
        torch.set_num_threads(before)


def _draw(process: int, side: int, device: str, head: str, n_batches: int) -> float:
    people = People(load_face_model(head, OPEN.layout), PeopleConfig(size_px=side), device)
    size = DRAWN.get(torch.device(device).type, DRAWN["cpu"])
    people.batch(process, 0, size)  # what is compiled on the first call is no drawing
    seconds = sum(_timed(people, process, size, n_batches))
    return n_batches * size / seconds


def _timed(people: People, process: int, size: int, n_batches: int) -> Iterator[float]:
    for step in range(1, n_batches + 1):
        start = time.perf_counter()
        people.batch(process, step, size).pictures.cpu()
        yield time.perf_counter() - start
