"""The training loop, for every network of the package."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import inf, isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from manyfaces.core.errors import ManyfacesError
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.diffusion import BatchDraws
from manyfaces.train.config import TrainConfig
from manyfaces.train.ema import RunningMean
from manyfaces.train.monitor import Monitor, StopRequest
from manyfaces.train.parallel import Parallel
from manyfaces.train.rates import Rates, make_optimiser
from manyfaces.train.recipe import Recipe, move
from manyfaces.train.state import LogRow, Progress, RunFolder


@dataclass(frozen=True)
class TrainResult:
    """What a sitting ended with.

    Attributes:
        weights: file of the mean weights.
        step: steps done.
        finished: whether all steps are done.
        history: losses, also in `history.csv`.
        model: the mean weights as a network, on the training device.
        seconds: time spent, over all sittings.
    """

    weights: Path
    step: int
    finished: bool
    history: tuple[LogRow, ...]
    model: nn.Module
    seconds: float


def train(
    recipe: Recipe,
    run_dir: str | Path,
    resume: bool = True,
    parallel: Parallel | None = None,
    visible: bool = True,
    recipe_name: str = "",
) -> TrainResult:
    """Train a network; go on where an earlier sitting in the same folder ended, however it ended.

    Batches and noise are functions of (seed, step) alone, and a checkpoint holds all else, so a run that was killed
    and resumed has the same losses as one that was not. Ctrl-C finishes the step, saves, and says how to go on.

    Several processes share each batch: their gradients are those of the whole, and the first one writes the files.

    Args:
        recipe: what to train.
        run_dir: folder of the checkpoint, weights, history and TensorBoard files.
        resume: use the checkpoint in `run_dir` if there is one; otherwise begin anew.
        parallel: this process and the device it trains on; alone on the CPU by default.
        visible: show progress.
        recipe_name: what the weights say they were trained by; the recipe's own short name by default.

    Raises:
        WeightError: the checkpoint is damaged.
        ConfigError: the checkpoint is of a run with other settings, or the settings do not fit the network.
        OutputError: the folder cannot be written.
        ManyfacesError: the loss or its gradient is not finite; the checkpoint before is kept.
    """
    parallel = parallel or Parallel()
    config, folder = recipe.config, RunFolder(run_dir, recipe, recipe_name)
    run = _begin(recipe, parallel.device)
    if resume and folder.state.exists():
        folder.restore(run, parallel.device)
    objective = parallel.share(Objective(recipe, run.model))
    started = saved = time.monotonic()
    earlier = run.seconds
    board = folder.path / "tensorboard" if parallel.first else None
    with (
        Monitor(recipe.name, config.steps, run.step, board, visible and parallel.first) as monitor,
        StopRequest(patient=parallel.several) as stop,
    ):
        if config.patience and run.best is None:
            # What training began with counts too: it may get no better.
            started_with = _validate(recipe, run.mean.model, parallel)
            run.note(started_with)
            run.history.append(LogRow(0, started_with, started_with))
        while not _done(run, config) and not stop.agreed:
            _step(recipe, run, objective, parallel, stop)
            monitor.advance(run.step)
            if run.step % config.log_every == 0 or run.step == config.steps:
                _log(recipe, run, parallel, monitor)
            run.seconds = earlier + time.monotonic() - started
            if parallel.first and time.monotonic() - saved > config.save_every_s:
                folder.save(run)
                saved = time.monotonic()
        if parallel.first:
            folder.save(run)
        if run.best is not None:
            run.mean.model.load_state_dict(run.best.weights)
        if parallel.first:
            folder.export(run)
        parallel.wait()
        if not _done(run, config):
            monitor.say(f"Stopped after {run.step} of {config.steps} steps; run the same command again to go on.")
    finished = _done(run, config)
    return TrainResult(folder.weights, run.step, finished, tuple(run.history), run.mean.model, run.seconds)


class Objective(nn.Module):
    """The loss of a batch as a forward pass, which is where gradients of several processes are brought together."""

    def __init__(self, recipe: Recipe, model: nn.Module):
        super().__init__()
        self.model = model
        self._recipe = recipe

    def forward(self, batch: Any, generator: BatchDraws) -> Tensor:
        """Loss of the rows that are here."""
        return self._recipe.loss(self.model, batch, generator)


def _begin(recipe: Recipe, device: torch.device) -> Progress:
    config = recipe.config
    with torch.random.fork_rng(devices=[]):  # start weights come from the global generator: leave it as it was
        torch.manual_seed(stream_seed(config.seed, recipe.name, "start"))
        model = recipe.build().to(device).train()
    optimiser = make_optimiser(model, config)
    return Progress(0, model, RunningMean(model, config.ema_decay), optimiser, Rates(config, optimiser), [])


def _step(recipe: Recipe, run: Progress, objective: nn.Module, parallel: Parallel, stop: StopRequest) -> None:
    """One batch: loss, gradient, update, running mean. Nothing is changed by a loss that is not finite."""
    config, step, device = recipe.config, run.step, parallel.device
    run.rates.before(step)
    batch = move(recipe.batch(step, "train", parallel.part), device)
    generator = torch_generator(config.seed, recipe.name, "noise", step, device=device)
    with _precision(recipe, device):
        loss = objective(batch, parallel.part.stream(generator, recipe.batch_size))
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(run.model.parameters(), inf if config.clip_norm is None else config.clip_norm)
    numbers = [loss.detach().float(), norm, torch.tensor(float(stop.asked), device=device)]
    value, length, stop.share = parallel.mean(torch.stack(numbers))
    for what, number in (("loss", value), ("gradient", length)):
        if not isfinite(number):
            raise ManyfacesError(
                f"the {what} of {recipe.name} is {number} at step {step}",
                "lower the learning rate and train in another folder; the checkpoint from before is still there",
            )
    run.optimiser.step()
    run.rates.after(step, value)
    run.mean.update(run.model, step)
    run.step += 1
    run.pending = (run.pending[0] + value, run.pending[1] + 1)


def _log(recipe: Recipe, run: Progress, parallel: Parallel, monitor: Monitor) -> None:
    """Put the mean loss since the last row, and now and then the validation loss, into the history."""
    config = recipe.config
    total, count = run.pending
    run.pending = (0.0, 0)
    values = {"loss": total / max(1, count), "rate": run.rates.main}
    due = run.step % config.validate_every < config.log_every or run.step == config.steps
    if due:
        values["validation"] = _validate(recipe, run.mean.model, parallel)
        if config.patience:
            run.note(values["validation"])
    run.history.append(LogRow(run.step, values["loss"], values.get("validation")))
    monitor.report(run.step, **values)


@torch.no_grad()
def _validate(recipe: Recipe, model: nn.Module, parallel: Parallel) -> float:
    """Mean loss of the running mean over the same batches and the same noise each time."""
    config, device, losses = recipe.config, parallel.device, []
    for i in range(config.validation_batches):
        generator = torch_generator(config.seed, recipe.name, "validation", i, device=device)
        batch = move(recipe.batch(i, "validation", parallel.part), device)
        with _precision(recipe, device):
            loss = recipe.loss(model, batch, parallel.part.stream(generator, recipe.batch_size))
        losses += parallel.mean(loss[None])
    return sum(losses) / max(1, len(losses))


def _done(run: Progress, config: TrainConfig) -> bool:
    """Whether all steps are done, or validation has been getting no better for long enough."""
    stale = config.patience and run.best is not None and run.best.misses >= config.patience
    return run.step >= config.steps or bool(stale)


def _precision(recipe: Recipe, device: torch.device) -> AbstractContextManager[Any]:
    wanted = recipe.config.precision
    half = wanted == "bfloat16" or (wanted == "auto" and device.type == "cuda")
    return torch.autocast(device.type, torch.bfloat16, enabled=half)
