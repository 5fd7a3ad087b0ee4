"""Measuring predictions against scans: one process for each core, what was measured before is not measured again."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from manyfaces.bench.now.predictions import Prediction
from manyfaces.core.errors import DataError, InputError
from manyfaces.data.processes import in_processes
from manyfaces.geometry import SurfaceTree
from manyfaces.io.atomic import atomic_path
from manyfaces.io.landmark_files import read_landmarks
from manyfaces.io.mesh_reading import read_mesh
from manyfaces.io.picked_points import read_picked_points
from manyfaces.metrics.now import N_LANDMARKS, face_crop, scan_distances

Mode = Literal["nonmetrical", "metrical"]

METRIC_VERSION = 1
"""Part of what a measurement is known by: raised when the metric changes."""

IMAGES_PER_TASK = 8
"""A scan is read once for so many images: few enough that processes finish together and the time left is known."""


@dataclass(frozen=True)
class Measurement:
    """Distances of one image's scan vertices to the aligned prediction, mm.

    Attributes:
        nonmetrical: with the scale fitted.
        metrical: with the prediction's own; None where it has no unit.
    """

    nonmetrical: Float32[np.ndarray, " n"]
    metrical: Float32[np.ndarray, " n"] | None

    def of(self, mode: Mode) -> Float32[np.ndarray, " n"] | None:
        """Those of a mode."""
        return self.nonmetrical if mode == "nonmetrical" else self.metrical


@dataclass(frozen=True)
class Scan:
    """A subject's scan and the points picked on it; read when first used.

    Attributes:
        mesh: its OBJ.
        picked: its picked points.
    """

    mesh: Path
    picked: Path

    @cached_property
    def landmarks(self) -> Float[Tensor, "7 3"]:
        """The picked points, mm."""
        return torch.from_numpy(read_picked_points(self.picked, N_LANDMARKS))

    @cached_property
    def cropped(self) -> Float[Tensor, "n 3"]:
        """The vertices that are measured, mm."""
        vertices = torch.from_numpy(read_mesh(self.mesh).vertices)
        cropped = vertices[face_crop(vertices, self.landmarks)]
        if len(cropped) == 0:
            raise DataError(
                f"{self.mesh} has no vertex near the points picked on it",
                f"both must be in mm and in one frame; the points are {self.picked}",
            )
        return cropped

    @cached_property
    def digest(self) -> bytes:
        """Of both files."""
        return _digest(self.mesh) + _digest(self.picked)


@dataclass(frozen=True)
class Job:
    """One image to measure.

    Attributes:
        prediction: its files.
        result: where the distances are kept (.npz).
    """

    prediction: Prediction
    result: Path


@dataclass(frozen=True)
class Task:
    """Images of one subject.

    Attributes:
        scan: the subject's.
        jobs: the images.
        unit_mm: of the predictions; None where they have none.
    """

    scan: Scan
    jobs: tuple[Job, ...]
    unit_mm: float | None


def measure_all(
    jobs: Sequence[tuple[Scan, Job]], unit_mm: float | None, workers: int, advance: Callable[[], None]
) -> list[Measurement]:
    """Measure every image.

    Args:
        jobs: with the scan that each belongs to.
        unit_mm: of the predictions; None where they have none.
        workers: how many processes; 1 works in this one.
        advance: called for each image that is done.

    Returns:
        In the order of the jobs.

    Raises:
        DataError: of the first file that cannot be used; what was measured until then is kept.
    """
    tasks = _tasks(jobs, unit_mm)
    done: dict[Path, Measurement] = {}
    # A process takes seconds to begin, as long as a task: with a handful of images, this one is faster.
    for task, measured in _run(tasks, min(workers, -(-len(jobs) // IMAGES_PER_TASK))):
        for job, measurement in zip(task.jobs, measured, strict=True):
            done[job.result] = measurement
            advance()
    return [done[job.result] for _, job in jobs]


def measure_task(task: Task) -> list[Measurement]:
    """Measure one subject's images, or read what was measured before on the very same files."""
    return [_measured_once(task, job) for job in task.jobs]


def _tasks(jobs: Sequence[tuple[Scan, Job]], unit_mm: float | None) -> list[Task]:
    by_scan: dict[Scan, list[Job]] = {}
    for scan, job in jobs:
        by_scan.setdefault(scan, []).append(job)
    return [
        Task(scan, tuple(own[k : k + IMAGES_PER_TASK]), unit_mm)
        for scan, own in by_scan.items()
        for k in range(0, len(own), IMAGES_PER_TASK)
    ]


def _run(tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, list[Measurement]]]:
    if workers <= 1:
        yield from ((task, measure_task(task)) for task in tasks)
        return
    yield from in_processes(measure_task, tasks, workers, fix="run again: it goes on from there")


def _measured_once(task: Task, job: Job) -> Measurement:
    key = hashlib.sha256(f"{METRIC_VERSION} {task.unit_mm} ".encode() + task.scan.digest)
    key.update(_digest(job.prediction.mesh) + _digest(job.prediction.landmarks))
    kept = _read_kept(job.result, key.hexdigest())
    if kept is not None:
        return kept
    measurement = _measure(task, job.prediction)
    # No distances: not measured. A crop is never empty.
    metrical = np.zeros(0, np.float32) if measurement.metrical is None else measurement.metrical
    with atomic_path(job.result) as path:
        np.savez(path, key=np.array(key.hexdigest()), nonmetrical=measurement.nonmetrical, metrical=metrical)
    return measurement


def _read_kept(path: Path, key: str) -> Measurement | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            metrical = kept["metrical"]
            return Measurement(kept["nonmetrical"], metrical if len(metrical) else None)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def _measure(task: Task, prediction: Prediction) -> Measurement:
    mesh = read_mesh(prediction.mesh)
    landmarks = torch.from_numpy(read_landmarks(prediction.landmarks, N_LANDMARKS))
    scan = task.scan.cropped, task.scan.landmarks
    with _blamed_on(prediction.mesh):
        surface = SurfaceTree(torch.from_numpy(mesh.vertices), torch.from_numpy(mesh.faces))
    with _blamed_on(prediction.landmarks):
        nonmetrical = scan_distances(*scan, surface, landmarks)
        metrical = None if task.unit_mm is None else scan_distances(*scan, surface, landmarks, task.unit_mm)
    return Measurement(nonmetrical.float().numpy(), None if metrical is None else metrical.float().numpy())


@contextmanager
def _blamed_on(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise DataError(f"{path}: {error.message}", error.fix) from None


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
