"""How many faces a second a base or a person's model does, from the crop on."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from manyfaces.bench.report import Bar, Cell, Table, bar, bar_table, provenance, write_report
from manyfaces.bench.speed.clock import measure
from manyfaces.bench.speed.machine import measure_machine
from manyfaces.faces import FaceCoefficients, FaceModel
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.personal import PUBLISHED, CoarseNet, DetailSurface, PersonalConfig, detail_surface
from manyfaces.methods.personal.adapted import COARSE_OWN, Adapted, AdaptedSkin
from manyfaces.methods.personal.detail import displaced, skin_px, skin_view
from manyfaces.nn import DisplacementMae
from manyfaces.pipeline.personal_models import LoadedPersonal
from manyfaces.render.sampling import shrunk

NAME = "personal_speed"
REPEATS = 20
PUBLISHED_WIDTH = 64
"""Of the adapters of the published sizes."""
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


@dataclass(frozen=True)
class TimedBase:
    """What a frame passes through, all on one device.

    Attributes:
        name: what networks these are.
        network: from crops to coefficients.
        student: from texture and tension to displacements.
        face: turns coefficients into faces.
        surface: where detail lies.
        picture_px: side of the crop that the coarse network looks at.
        device: where all of it is.
    """

    name: str
    network: nn.Module
    student: nn.Module
    face: FaceModel
    surface: DetailSurface
    picture_px: int
    device: torch.device

    @staticmethod
    def of(model: LoadedPersonal) -> "TimedBase":
        """A loaded base or person; its own face stays where it is, for reconstructions are put together on the CPU."""
        coarse = model.coarse
        face, surface = copy.deepcopy(coarse.face).to(coarse.device), model.surface.to(coarse.device)
        return TimedBase(
            coarse.name, coarse.network, model.student, face, surface, coarse.config.picture_px, coarse.device
        )

    @staticmethod
    def published(device: torch.device, sizes: PersonalConfig = PUBLISHED) -> "TimedBase":
        """A person's model in the published sizes on the open head; untrained, which is as fast."""
        face = load_face_model("openhead", sizes.coarse.layout, sizes.coarse.projection)
        surface = detail_surface(face.head, sizes.detail.student.side_px)
        network = Adapted(CoarseNet(sizes.coarse), PUBLISHED_WIDTH, COARSE_OWN)
        student = AdaptedSkin(DisplacementMae(sizes.detail.student), PUBLISHED_WIDTH)
        return TimedBase(
            "published sizes",
            network.to(device),
            student.to(device),
            face.to(device),
            surface.to(device),
            sizes.coarse.picture_px,
            device,
        )

    def tasks(self, half: bool = False) -> dict[str, Callable[[], Tensor]]:
        """What is timed, by name: the coarse network alone, and with unwrapping and detail.

        Args:
            half: run the networks, and nothing else, in bfloat16.
        """
        face, surface, device = self.face, self.surface, self.device
        side = self.picture_px
        crop = torch.rand(1, 3, skin_px(side), skin_px(side), device=device)
        picture, skin = shrunk(crop, side), torch.ones_like(crop[:, 0])

        def predicted() -> FaceCoefficients:
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                return face.layout.split(self.network(picture).float())

        @torch.no_grad()
        def coarse() -> Tensor:
            return face.vertices(predicted())

        @torch.no_grad()
        def whole() -> Tensor:
            c = predicted()
            view = skin_view(face, surface, c, crop, skin)
            with torch.autocast(device.type, torch.bfloat16, enabled=half):
                displacement_m = displaced(self.student, view.contrast, view.tension)
            return surface.relief(face.vertices(c), displacement_m * surface.skin).vertices

        return {"coarse face": coarse, "coarse face, unwrapped photo, wrinkles, detailed surface": whole}

    def rates(self, half: bool = False) -> tuple[tuple[str, float], ...]:
        """Frames a second of each task."""
        words = f"{self.name}, bfloat16" if half else self.name
        timed = ((task, measure(work, self.device, REPEATS).wall_s) for task, work in self.tasks(half).items())
        return tuple((f"{words}: {task}", 1 / wall_s) for task, wall_s in timed)


def measure_personal_speed(model: LoadedPersonal) -> PersonalSpeed:
    """Measure a model, and on a GPU the published sizes beside it."""
    device = model.coarse.device
    rows = TimedBase.of(model).rates()
    if device.type == "cuda":
        published = TimedBase.published(device)
        rows += published.rates() + published.rates(half=True)
    return PersonalSpeed(rows, str(measure_machine(device)), device.type)
