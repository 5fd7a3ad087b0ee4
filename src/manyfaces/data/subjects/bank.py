"""Examples of detail drawn once and kept on disk, where drawing is slower than learning."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from manyfaces.core.config import to_json
from manyfaces.core.errors import ConfigError, DataError
from manyfaces.core.seeds import torch_generator
from manyfaces.data.processes import in_processes
from manyfaces.data.subjects.config import SubjectConfig
from manyfaces.data.subjects.examples import DetailExamples, DetailSource
from manyfaces.data.subjects.moods import FrameConfig, FrameLaw
from manyfaces.data.subjects.subject import SubjectLaw
from manyfaces.data.subjects.textures import CameraConfig
from manyfaces.faces import CoefficientLayout, FaceModel
from manyfaces.io.atomic import atomic_folder
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.distill import OPEN
from manyfaces.methods.personal.surface import DetailSurface, detail_surface

SHARD_SUBJECTS = 32


@dataclass(frozen=True)
class DetailBankConfig:
    """What a bank holds.

    Attributes:
        seed: root of all random streams, also of the persons: training and test banks have different ones.
        n_subjects: how many persons; a multiple of a shard's, or less than one shard.
        frames_per_subject: how many frames of each.
        side_px: texels along a side.
        head: name or path of the head model.
        layout: how many coefficients of each kind.
        subjects: how persons are drawn; frames and camera likewise.
    """

    seed: int = 0
    n_subjects: int = 512
    frames_per_subject: int = 24
    side_px: int = 128
    head: str = "openhead"
    layout: CoefficientLayout = OPEN.layout
    subjects: SubjectConfig = field(default_factory=SubjectConfig)
    frames: FrameConfig = field(default_factory=FrameConfig)
    camera: CameraConfig = field(default_factory=CameraConfig)

    @property
    def shard_subjects(self) -> int:
        """Persons in a shard."""
        return min(SHARD_SUBJECTS, self.n_subjects)

    def source(self) -> DetailSource:
        """What the bank is drawn from, endless."""
        face = load_face_model(self.head, self.layout)
        law = SubjectLaw(face, detail_surface(face.head, self.side_px), self.subjects)
        frames = FrameLaw(face, self.frames, self.seed)
        return DetailSource(law, frames, self.camera, subject_seed=self.seed)


@dataclass(frozen=True)
class DetailBank:
    """A bank on disk: pictures stay there until they are asked for. It gives batches as `DetailSource` does.

    Attributes:
        shards: of each, arrays by name, persons and their frames as the first two dimensions.
        face: the base model's.
        surface: where detail lies.
    """

    shards: tuple[dict[str, np.ndarray], ...]
    face: FaceModel
    surface: DetailSurface

    @property
    def n_subjects(self) -> int:
        """How many persons."""
        return sum(len(shard["coefficients"]) for shard in self.shards)

    @property
    def n_frames(self) -> int:
        """How many frames of each person."""
        return self.shards[0]["coefficients"].shape[1]

    def batch(self, seed: int, step: int, n_subjects: int, frames_per_subject: int) -> DetailExamples:
        """Draw persons, then frames of each, side by side; none twice where there are enough."""
        generator = torch_generator(seed, "detail bank", step)
        persons = torch.randint(self.n_subjects, (n_subjects,), generator=generator)
        order = torch.rand(n_subjects, self.n_frames, generator=generator).argsort(1)
        frames = order[:, torch.arange(frames_per_subject) % self.n_frames]
        return self.at(persons.repeat_interleave(frames_per_subject), frames.flatten())

    @torch.no_grad()
    def at(self, persons: Int[Tensor, " B"], frames: Int[Tensor, " B"]) -> DetailExamples:
        """Certain frames of certain persons."""
        rows = {name: self._rows(name, persons, frames) for name in _FRAME_PARTS}
        colours = torch.from_numpy(np.stack([shard["colours"][k] for shard, k in map(self._place, persons.tolist())]))
        base = self.face.vertices(self.face.layout.split(rows["coefficients"]))
        return DetailExamples(
            rows["texture"].float() / 255,
            rows["visible"].float(),
            rows["tension"].float(),
            rows["displacement_m"].float(),
            rows["coefficients"],
            base + rows["beyond_m"].float(),
            self.surface.layout.of(colours.float()),
            persons,
            frames,
        )

    def _rows(self, name: str, persons: Tensor, frames: Tensor) -> Tensor:
        places = [self._place(person) for person in persons.tolist()]
        rows = [shard[name][k, frame] for (shard, k), frame in zip(places, frames.tolist(), strict=True)]
        return torch.from_numpy(np.stack(rows))

    def _place(self, person: int) -> tuple[dict[str, np.ndarray], int]:
        size = len(self.shards[0]["coefficients"])
        return self.shards[person // size], person % size


# Of each frame; `beyond_m` is what its vertices are off those that its coefficients give. Of each person: colours.
_FRAME_PARTS = ("texture", "visible", "tension", "displacement_m", "coefficients", "beyond_m")


def build_detail_bank(
    config: DetailBankConfig, folder: Path, n_workers: int = 2, tick: Callable[[int], None] | None = None
) -> DetailBank:
    """Draw a bank in parallel, in shards that an interrupted run picks up again.

    Args:
        config: what to draw.
        folder: where the shards go, or are.
        n_workers: processes.
        tick: called with the number of examples each time some are done, or found.

    Raises:
        ConfigError: the persons do not fill whole shards.
        DataError: a shard is damaged.
    """
    size = config.shard_subjects
    if config.n_subjects % size:
        raise ConfigError(f"{config.n_subjects} persons do not fill shards of {size}", f"take a multiple of {size}")
    paths = {number: _path(folder, config, number) for number in range(config.n_subjects // size)}
    missing = [(config, number, path) for number, path in paths.items() if not path.exists()]
    examples = size * config.frames_per_subject
    if tick and len(missing) < len(paths):
        tick(examples * (len(paths) - len(missing)))
    for _ in in_processes(_draw_shard, missing, n_workers) if missing else ():
        if tick:
            tick(examples)
    face = load_face_model(config.head, config.layout)
    shards = tuple(_opened(path) for path in paths.values())
    return DetailBank(shards, face, detail_surface(face.head, config.side_px))


Job = tuple[DetailBankConfig, int, Path]


@torch.no_grad()
def _draw_shard(job: Job) -> None:
    config, number, path = job
    source = _source(config)
    persons = range(number * config.shard_subjects, (number + 1) * config.shard_subjects)
    drawn = [_person_arrays(source, config, person) for person in persons]
    with atomic_folder(path) as temporary:
        for name in drawn[0]:
            np.save(temporary / f"{name}.npy", np.stack([arrays[name] for arrays in drawn]))


def _person_arrays(source: DetailSource, config: DetailBankConfig, number: int) -> dict[str, np.ndarray]:
    person = source.subject(number)
    generator = torch_generator(config.seed, "detail bank", number)
    drawn = source.frames_of(person, config.frames_per_subject, generator)
    face = source.law.face
    beyond_m = drawn.vertices - face.vertices(face.layout.split(drawn.coefficients))
    return {
        "texture": (drawn.texture * 255).round().byte().numpy(),
        "visible": drawn.visible.byte().numpy(),
        "tension": drawn.tension.half().numpy(),
        "displacement_m": drawn.displacement_m.half().numpy(),
        "coefficients": drawn.coefficients.numpy(),
        "beyond_m": beyond_m.half().numpy(),
        "colours": person.colours.half().numpy(),
    }


@lru_cache(maxsize=1)
def _source(config: DetailBankConfig) -> DetailSource:
    return config.source()


def _opened(path: Path) -> dict[str, np.ndarray]:
    try:
        names = (*_FRAME_PARTS, "colours")
        return {name: np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}
    except (OSError, ValueError) as error:
        raise DataError(f"shard {path.name} of the bank is damaged: {error}", "remove it; it is drawn again") from None


def _path(folder: Path, config: DetailBankConfig, number: int) -> Path:
    """Folder of a shard, named by all settings that shape it, so that no others are taken up."""
    settings = to_json(replace(config, n_subjects=config.shard_subjects))
    return folder / f"{hashlib.sha256(settings.encode()).hexdigest()[:10]}-{number:05d}"
