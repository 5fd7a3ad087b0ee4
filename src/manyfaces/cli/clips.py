"""The part of `manyfaces reconstruct` that does videos: one person on each, frame after frame."""

import os
import sys
import time
import traceback
from typing import Any

from rich.progress import Progress, TaskID

from manyfaces.cli.commands import Reconstruct
from manyfaces.cli.faces import Failure, Plan, as_ours, described_run, load_predictor, progress_bar, sampling_options
from manyfaces.cli.messages import UsageError
from manyfaces.cli.photos import PhotoJob
from manyfaces.core.errors import ManyfacesError

OF_PHOTOS = ("identities", "n_identities", "n_expressions")
"""Options that say how many faces of a photo come out; every frame of a video has one."""


def reconstruct_clips(command: Reconstruct, plan: Plan) -> list[Failure]:
    """Do one video after the other; one that fails does not stop the others."""
    failures: list[Failure] = []
    with progress_bar() as bar:
        task = bar.add_task("loading the model", total=None)
        predictor = load_predictor(command)
        for job in plan.jobs:
            try:
                _reconstruct(job, plan, predictor, bar, task, failures)
            except Exception as error:
                if os.environ.get("MANYFACES_DEBUG") and not isinstance(error, ManyfacesError):
                    traceback.print_exc()
                failures.append(Failure(job.photo, as_ours(error)))
    return failures


def clip_options(command: Reconstruct, face: str | int) -> dict[str, Any]:
    """All that tracking can be told, by name.

    Raises:
        InputError: the model takes no such option.
        UsageError: a mask, which fits no more than one picture.
    """
    # Here, not above: torch takes seconds to import, and mistakes in the other arguments are found first.
    from manyfaces.pipeline.methods import options_of
    from manyfaces.pipeline.options import chosen

    if command.occlusion not in ("auto", "none"):
        raise UsageError("one mask cannot fit all frames of a video", "give --occlusion auto or none")
    model = {name: value for name, value in sampling_options(command).items() if name not in OF_PHOTOS}
    model.setdefault("seed", command.seed)
    if command.settle != "auto":
        model["settle"] = command.settle == "yes"
    chosen(options_of(command.model), model, command.model)
    return {"occlusion": command.occlusion, "face": face if isinstance(face, int) else 0, "model_options": model}


def _reconstruct(
    job: PhotoJob, plan: Plan, predictor: Any, bar: Progress, task: TaskID, failures: list[Failure]
) -> None:
    from manyfaces.pipeline.video import TrackOptions, reconstruct_clip

    started, name = time.perf_counter(), job.photo.name

    def say(remark: str) -> None:
        print(f"{job.photo}: {remark}", file=sys.stderr)

    def tell(stage: str, done: int, of: int | None) -> None:
        bar.update(task, description=f"{name}: {stage}", completed=done, total=of)

    run = described_run(job, plan.settings)
    result = reconstruct_clip(job.photo, job.folder, predictor, TrackOptions(**plan.options), run, say, tell)
    lost = f", {result.lost} without the face" if result.lost else ""
    seconds = time.perf_counter() - started
    print(f"{job.photo}: {result.tracked} frames{lost}, {seconds:.1f} s -> {job.folder}")
    failures.extend(Failure(job.photo, fault) for fault in result.faults)
