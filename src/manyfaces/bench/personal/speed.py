"""How many faces a second a base or a person's model does, from the crop on."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from manyfaces.bench.report import Bar, Cell, Table, bar, bar_table, provenance, write_report
from manyfaces.bench.speed.clock import measure
from manyfaces.bench.speed.machine import measure_machine
from manyfaces.methods.personal.detail import displaced, skin_px, skin_view
from manyfaces.pipeline.personal_models import LoadedPersonal
from manyfaces.render.sampling import shrunk

NAME = "personal_speed"
REPEATS = 20
LEAST = {"cpu": 10.0, "cuda": 200.0}
"""Frames a second: of two cores with the small networks, of a large GPU with the published ones."""


@dataclass(frozen=True)
class PersonalSpeed:
    """Rates of a machine.

    Attributes:
        rows: what was done, and frames a second.
        machine: in words.
        kind: of the device: "cpu" or "cuda".
    """

    rows: tuple[tuple[str, float], ...]
    machine: str
    kind: str

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Enough frames a second."""
        name, rate = self.rows[-1]
        return (bar(f"{name}, frames a second", rate, low=LEAST[self.kind]),)

    def write(self, out: Path, device: str) -> None:
        """Write `personal_speed.md` and what goes with it.

        Raises:
            OutputError: they cannot be written.
        """
        rows = tuple((name, Cell(1000 / rate, form=".1f"), Cell(rate, form=".1f")) for name, rate in self.rows)
        table = Table(f"One face at a time; {self.machine}", ("what", "ms", "frames a second"), rows)
        write_report(NAME, (bar_table(self.bars), table), out, provenance(0, device))


def measure_personal_speed(model: LoadedPersonal) -> PersonalSpeed:
    """Measure the coarse network alone, and with unwrapping and detail."""
    network, device = model.coarse.network, model.coarse.device
    # Reconstructions are put together on the CPU; here nothing leaves the device.
    face, surface = copy.deepcopy(model.coarse.face).to(device), model.surface.to(device)
    side = model.coarse.config.picture_px
    crop = torch.rand(1, 3, skin_px(side), skin_px(side), device=device)
    picture, skin = shrunk(crop, side), torch.ones_like(crop[:, 0])

    @torch.no_grad()
    def coarse() -> torch.Tensor:
        return face.vertices(face.layout.split(network(picture).float()))

    @torch.no_grad()
    def whole() -> torch.Tensor:
        c = face.layout.split(network(picture).float())
        view = skin_view(face, surface, c, crop, skin)
        displacement_m = displaced(model.student, view.contrast, view.tension) * surface.skin
        return surface.relief(face.vertices(c), displacement_m).vertices

    tasks: tuple[tuple[str, Callable[[], torch.Tensor]], ...] = (
        ("coarse face", coarse),
        ("coarse face, unwrapped photo, wrinkles, detailed surface", whole),
    )
    rows = tuple((name, 1 / measure(work, device, REPEATS).wall_s) for name, work in tasks)
    return PersonalSpeed(rows, str(measure_machine(device)), device.type)
