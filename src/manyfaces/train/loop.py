"""The training loop, for every network of the package."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from manyfaces.core.errors import ManyfacesError
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.train.ema import RunningMean
from manyfaces.train.monitor import Monitor, StopRequest
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
    device: str | torch.device = "cpu",
    visible: bool = True,
) -> TrainResult:
    """Train a network; go on where an earlier sitting in the same folder ended, however it ended.

    Batches and noise are functions of (seed, step) alone, and a checkpoint holds all else, so a run that was killed
    and resumed has the same losses as one that was not. Ctrl-C finishes the step, saves, and says how to go on.

    Args:
        recipe: what to train.
        run_dir: folder of the checkpoint, weights, history and TensorBoard files.
        resume: use the checkpoint in `run_dir` if there is one; otherwise begin anew.
        device: where to train.
        visible: show progress.

    Raises:
        WeightError: the checkpoint is damaged.
        ConfigError: the checkpoint is of a run with other settings.
        OutputError: the folder cannot be written.
        ManyfacesError: the loss is not finite.
    """
    config, device = recipe.config, torch.device(device)
    run = _begin(recipe, device)
    folder = RunFolder(run_dir, recipe)
    if resume and folder.state.exists():
        folder.restore(run, device)
    started = saved = time.monotonic()
    earlier = run.seconds
    with (
        Monitor(recipe.name, config.steps, run.step, folder.path / "tensorboard", visible) as monitor,
        StopRequest() as stop,
    ):
        while run.step < config.steps and not stop.asked:
            _step(recipe, run, device)
            monitor.advance(run.step)
            if run.step % config.log_every == 0 or run.step == config.steps:
                _log(recipe, run, device, monitor)
            run.seconds = earlier + time.monotonic() - started
            if time.monotonic() - saved > config.save_every_s:
                folder.save(run)
                saved = time.monotonic()
        folder.save(run)
        folder.export(run)
        if run.step < config.steps:
            monitor.say(f"Stopped after {run.step} of {config.steps} steps; run the same command again to go on.")
    finished = run.step >= config.steps
    return TrainResult(folder.weights, run.step, finished, tuple(run.history), run.mean.model, run.seconds)


def _begin(recipe: Recipe, device: torch.device) -> Progress:
    config = recipe.config
    with torch.random.fork_rng(devices=[]):  # start weights come from the global generator: leave it as it was
        torch.manual_seed(stream_seed(config.seed, recipe.name, "start"))
        model = recipe.build().to(device).train()
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    vectors = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
    return Progress(0, model, RunningMean(model, config.ema_decay), optimiser, [])


def _step(recipe: Recipe, run: Progress, device: torch.device) -> None:
    """One batch: loss, gradient, update, running mean."""
    config, step = recipe.config, run.step
    for group in run.optimiser.param_groups:
        group["lr"] = config.rate_at(step)
    batch = move(recipe.batch(step, "train"), device)
    loss = recipe.loss(run.model, batch, torch_generator(config.seed, recipe.name, "noise", step, device=device))
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(run.model.parameters(), config.clip_norm)
    run.optimiser.step()
    run.mean.update(run.model, step)
    value = loss.item()
    if value != value or abs(value) == float("inf"):
        raise ManyfacesError(f"the loss of {recipe.name} is {value} at step {step}", "lower the learning rate")
    run.step += 1
    run.pending = (run.pending[0] + value, run.pending[1] + 1)


def _log(recipe: Recipe, run: Progress, device: torch.device, monitor: Monitor) -> None:
    """Put the mean loss since the last row, and now and then the validation loss, into the history."""
    config = recipe.config
    total, count = run.pending
    run.pending = (0.0, 0)
    values = {"loss": total / max(1, count), "rate": config.rate_at(run.step - 1)}
    due = run.step % config.validate_every < config.log_every or run.step == config.steps
    if due:
        values["validation"] = _validate(recipe, run.mean.model, device)
    run.history.append(LogRow(run.step, values["loss"], values.get("validation")))
    monitor.report(run.step, **values)


@torch.no_grad()
def _validate(recipe: Recipe, model: nn.Module, device: torch.device) -> float:
    """Mean loss of the running mean over the same batches and the same noise each time."""
    config, losses = recipe.config, []
    for i in range(config.validation_batches):
        generator = torch_generator(config.seed, recipe.name, "validation", i, device=device)
        losses.append(recipe.loss(model, move(recipe.batch(i, "validation"), device), generator).item())
    return sum(losses) / max(1, len(losses))
