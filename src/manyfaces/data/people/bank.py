"""Pictures of people drawn once and kept on disk, where drawing is slower than learning."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.core.config import to_json
from manyfaces.core.errors import ConfigError, DataError
from manyfaces.data.people.config import PeopleConfig
from manyfaces.data.people.pictures import People, PeopleBatch
from manyfaces.faces import CoefficientLayout
from manyfaces.io.atomic import atomic_path
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.distill import OPEN

SHARD_PICTURES = 960
_BATCH = 48


@dataclass(frozen=True)
class PeopleBankConfig:
    """What a bank holds.

    Attributes:
        seed: root of all random streams; training, validation and test banks have different ones.
        n_pictures: how many, a multiple of the shards' size or less than one of them, and of the renders per person.
        head: name or path of the head model.
        layout: how many coefficients of each kind.
        people: how people are drawn.
    """

    seed: int = 0
    n_pictures: int = 60_000
    head: str = "openhead"
    layout: CoefficientLayout = OPEN.layout
    people: PeopleConfig = field(default_factory=PeopleConfig)


@dataclass(frozen=True)
class PeopleBank:
    """A bank on disk: pictures stay there until they are asked for.

    Attributes:
        shards: (n, 3, S, S) each, RGB.
        coefficients: (N, K), of all pictures in order.
    """

    shards: tuple[UInt8[np.ndarray, "n 3 S S"], ...]
    coefficients: Float[Tensor, "N K"]

    def __len__(self) -> int:
        return len(self.coefficients)

    def at(self, rows: Int[Tensor, " B"]) -> PeopleBatch:
        """The pictures of some rows."""
        size = len(self.shards[0])
        pictures = np.stack([self.shards[row // size][row % size] for row in rows.tolist()])
        return PeopleBatch(torch.from_numpy(pictures), self.coefficients[rows])


def build_people_bank(
    config: PeopleBankConfig, folder: Path, n_workers: int = 2, tick: Callable[[int], None] | None = None
) -> PeopleBank:
    """Draw a bank in parallel, in shards that an interrupted run picks up again.

    Args:
        config: what to draw.
        folder: where the shards go, or are.
        n_workers: processes.
        tick: called with the number of pictures each time some are done.

    Raises:
        ConfigError: shards would cut people in two.
        DataError: a shard is damaged.
    """
    size, each = min(SHARD_PICTURES, config.n_pictures), config.people.renders_per_person
    if size % each or config.n_pictures % size:
        raise ConfigError(
            f"{config.n_pictures} pictures cannot be cut into shards of {SHARD_PICTURES} and people of {each}",
            "take a multiple of both, or fewer than a shard holds",
        )
    jobs = [(config, number, size, folder) for number in range(config.n_pictures // size)]
    folder.mkdir(parents=True, exist_ok=True)
    missing = [job for job in jobs if not _paths(folder, config, job[1])[1].exists()]
    for done in _drawn(missing, n_workers):
        if tick:
            tick(done)
    if tick and len(missing) < len(jobs):
        tick(size * (len(jobs) - len(missing)))
    return _opened([_paths(folder, config, number) for _, number, _, _ in jobs])


Job = tuple[PeopleBankConfig, int, int, Path]


def _drawn(jobs: list[Job], n_workers: int) -> Iterator[int]:
    if n_workers <= 1 or not jobs:
        yield from map(_draw_shard, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(n_workers, torch.set_num_threads, (1,)) as pool:
        yield from pool.imap_unordered(_draw_shard, jobs)


def _draw_shard(job: Job) -> int:
    config, number, size, folder = job
    pictures_path, truth_path = _paths(folder, config, number)
    people = _people(config.head, config.layout, config.people, config.seed)
    # All pictures of a person are of one batch.
    each = config.people.renders_per_person
    step = max(1, _BATCH // each) * each
    starts = range(0, size, step)
    batches = [people.batch(config.seed, number * SHARD_PICTURES + at, min(step, size - at)) for at in starts]
    _save(pictures_path, torch.cat([batch.pictures for batch in batches]))
    _save(truth_path, torch.cat([batch.coefficients for batch in batches]))  # last: it says that the shard is whole
    return size


@lru_cache(maxsize=1)
def _people(head: str, layout: CoefficientLayout, config: PeopleConfig, seed: int) -> People:
    return People(load_face_model(head, layout), config, seed=seed)


def _save(path: Path, values: Tensor) -> None:
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.save(file, values.numpy())


def _opened(paths: list[tuple[Path, Path]]) -> PeopleBank:
    try:
        shards = tuple(np.load(pictures, mmap_mode="r", allow_pickle=False) for pictures, _ in paths)
        truth = [torch.from_numpy(np.load(path, allow_pickle=False)) for _, path in paths]
    except (OSError, ValueError) as error:
        raise DataError(f"a shard of the bank is damaged: {error}", "remove it; it will be drawn again") from None
    return PeopleBank(shards, torch.cat(truth))


def _paths(folder: Path, config: PeopleBankConfig, number: int) -> tuple[Path, Path]:
    """Files of a shard, named by all settings that shape it, so that no others are taken up."""
    size = min(SHARD_PICTURES, config.n_pictures)
    settings = to_json(replace(config, n_pictures=size))
    name = f"{hashlib.sha256(settings.encode()).hexdigest()[:10]}-{number:05d}"
    return folder / f"{name}-pictures.npy", folder / f"{name}-coefficients.npy"
