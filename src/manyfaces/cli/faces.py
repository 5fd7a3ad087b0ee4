"""The part of `manyfaces reconstruct` that takes time: each photo by itself, or all as one person."""

import dataclasses
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from manyfaces.cli.commands import Reconstruct
from manyfaces.cli.devices import resolve_device
from manyfaces.cli.messages import unexpected
from manyfaces.cli.photos import PhotoJob, file_digest
from manyfaces.core.errors import ManyfacesError


@dataclass(frozen=True)
class Failure:
    """A photo that could not be done, and why."""

    photo: Path
    error: ManyfacesError


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        jobs: photos with the folders of their results.
        settings: what the results depend on, for the reports.
        options: all that the model can be told, by name.
    """

    jobs: list[PhotoJob]
    settings: dict[str, Any]
    options: dict[str, Any]


def reconstruct_each(command: Reconstruct, plan: Plan) -> list[Failure]:
    """Do every photo by itself; one that fails does not stop the others."""
    failures: list[Failure] = []
    with progress_bar() as progress:
        task = progress.add_task("loading the model", total=len(plan.jobs))
        predictor = load_predictor(command)
        for job in plan.jobs:
            progress.update(task, description=job.photo.name)
            started = time.perf_counter()
            with _told(failures, job):
                results = predictor.reconstruct(job.photo, **plan.options)
                _save(results, job, described_run(job, plan.settings))
                what = "1 face" if len(results) == 1 else f"{len(results)} faces"
                print(f"{job.photo}: {what}, {time.perf_counter() - started:.1f} s -> {job.folder}")
            progress.advance(task)
    return failures


def reconstruct_one_person(command: Reconstruct, plan: Plan) -> list[Failure]:
    """Do all photos as one person's; those that show no face are left out."""
    failures: list[Failure] = []
    jobs, faces = [], []
    with progress_bar() as progress:
        task = progress.add_task("loading the model", total=len(plan.jobs))
        predictor = load_predictor(command)
        for job in plan.jobs:
            progress.update(task, description=job.photo.name)
            with _told(failures, job):
                faces += predictor.look(job.photo, **plan.options)
                jobs.append(job)
            progress.advance(task)
        if not jobs:
            return failures
        progress.update(task, description="one identity for all")
        results = predictor.reconstruct_person(faces, **plan.options)
    shared = {"one_person": [{"photo": job.photo.name, "folder": job.folder.name} for job in jobs]}
    for job, result in zip(jobs, results, strict=True):
        with _told(failures, job):
            _save([result], job, described_run(job, {**plan.settings, **shared}))
            print(f"{job.photo}: 1 face -> {job.folder}")
    return failures


def described_run(job: PhotoJob, settings: dict[str, Any]) -> dict[str, Any]:
    """What a report says of how it was made."""
    return {"photo": job.photo.name, "photo_sha256": file_digest(job.photo), **settings}


def sampling_options(command: Reconstruct) -> dict[str, Any]:
    """What the command says of sampling that it would not say by itself, as fields of `Options`."""
    defaults = {field.name: field.default for field in dataclasses.fields(Reconstruct)}
    names = ("identities", "n_identities", "n_expressions", "seed", "sampler")
    return {name: getattr(command, name) for name in names if getattr(command, name) != defaults[name]}


def as_ours(error: Exception) -> ManyfacesError:
    """The error itself if it is meant for people, else in such a form."""
    return error if isinstance(error, ManyfacesError) else unexpected(error)


def load_predictor(command: Reconstruct) -> Any:
    """The model that the command names."""
    # Here, not above: torch and the networks take seconds to import, and mistakes in the arguments are found first.
    from manyfaces.pipeline import Predictor

    return Predictor.from_pretrained(command.model, resolve_device(command.device), command.head, command.compat)


@contextmanager
def _told(failures: list[Failure], job: PhotoJob) -> Iterator[None]:
    """Turn an error into a failure of its photo."""
    try:
        yield
    except Exception as error:
        if os.environ.get("MANYFACES_DEBUG") and not isinstance(error, ManyfacesError):
            traceback.print_exc()
        failures.append(Failure(job.photo, as_ours(error)))


def _save(results: list[Any], job: PhotoJob, run: dict[str, Any]) -> None:
    from manyfaces.pipeline.export import save_photo

    named = [result if result.source else dataclasses.replace(result, source=job.photo.name) for result in results]
    save_photo(named, job.folder, run)


def progress_bar() -> Progress:
    """A bar with the time that is left; nothing where no terminal would show it."""
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        # Lines for a terminal are printed above the bar; lines for a file or a pipe must not end up on the terminal.
        redirect_stdout=sys.stdout.isatty(),
    )
