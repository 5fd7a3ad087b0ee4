"""The run folder: where training stands, and the weights it gave."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from manyfaces.core.config import from_dict, to_dict, to_json
from manyfaces.core.errors import ConfigError, InputError, WeightError
from manyfaces.io.atomic import atomic_path
from manyfaces.io.checkpoints import save_weights
from manyfaces.train.config import TrainConfig
from manyfaces.train.ema import RunningMean
from manyfaces.train.rates import Rates
from manyfaces.train.recipe import Recipe


@dataclass(frozen=True)
class LogRow:
    """One line of the history.

    Attributes:
        step: steps done.
        loss: mean training loss since the row before.
        validation: loss of the mean weights on the validation batches, None when not measured.
    """

    step: int
    loss: float
    validation: float | None = None

    def __str__(self) -> str:
        return f"{self.step},{self.loss:.6g},{'' if self.validation is None else f'{self.validation:.6g}'}"


@dataclass(frozen=True)
class RunConfig:
    """All settings of a run, as `config.json` beside its checkpoint has them.

    Attributes:
        recipe: name of the recipe.
        train: settings of the loop.
        batch_size: examples per step, over all processes.
        network: plain values that define the network.
    """

    recipe: str
    train: TrainConfig
    batch_size: int
    network: dict[str, Any]

    @staticmethod
    def of(recipe: Recipe) -> "RunConfig":
        """The settings of a recipe."""
        return RunConfig(recipe.name, recipe.config, recipe.batch_size, recipe.describe())

    def outcome(self) -> dict[str, Any]:
        """The settings that a run's outcome depends on, as plain values; the others may differ on resume."""
        values = json.loads(json.dumps(to_dict(self)))
        values["train"].pop("save_every_s")
        return values


@dataclass(frozen=True)
class Best:
    """The weights that validated best so far.

    Attributes:
        step: steps done then.
        loss: on the validation batches.
        misses: validations since.
        weights: the running mean's.
    """

    step: int
    loss: float
    misses: int
    weights: dict[str, torch.Tensor]


@dataclass
class Progress:
    """All that changes during a run.

    Attributes:
        step: steps done.
        model: the network in training.
        mean: its running mean.
        optimiser: the optimiser.
        rates: its learning rates.
        history: the log so far.
        pending: sum and number of the losses not yet in the log.
        seconds: time spent, over all sittings.
        best: the best weights, where training may end early.
    """

    step: int
    model: torch.nn.Module
    mean: RunningMean
    optimiser: torch.optim.Optimizer
    rates: Rates
    history: list[LogRow]
    pending: tuple[float, int] = (0.0, 0)
    seconds: float = 0.0
    best: Best | None = None

    def note(self, validation: float) -> None:
        """Keep the running mean if nothing has validated better."""
        if self.best is not None and not validation < self.best.loss:  # a loss that is no number is not better
            self.best = replace(self.best, misses=self.best.misses + 1)
            return
        weights = {name: tensor.detach().clone() for name, tensor in self.mean.model.state_dict().items()}
        self.best = Best(self.step, validation, 0, weights)


WEIGHTS = "weights.safetensors"


def trained_weights(out: Path, part: str, how: str = "") -> Path:
    """The weights of a part that was trained in a folder of runs.

    Args:
        out: the folder.
        part: which.
        how: what else to say to `manyfaces train` for it, for the message.

    Raises:
        InputError: it was not trained there.
    """
    path = out / part / WEIGHTS
    if not path.exists():
        command = " ".join(filter(None, ("manyfaces train", part, how)))
        raise InputError(f"{out} holds no trained {part}", f"train it first: {command} --out {out}")
    return path


class RunFolder:
    """Files of one run: `state.pt` (to resume), `weights.safetensors` (mean weights), `config.json`, `history.csv`."""

    def __init__(self, path: str | Path, recipe: Recipe, recipe_name: str = ""):
        self.path = Path(path)
        self.recipe = recipe
        self.recipe_name = recipe_name or recipe.name
        self.config = RunConfig.of(recipe)

    @property
    def weights(self) -> Path:
        """The mean weights."""
        return self.path / WEIGHTS

    @property
    def state(self) -> Path:
        """What resuming needs."""
        return self.path / "state.pt"

    def export(self, progress: Progress) -> None:
        """Write the mean weights; the file is whole or the old one.

        Raises:
            OutputError: the folder cannot be written.
        """
        notes = {"recipe": self.recipe_name, "step": str(progress.step), "steps": str(self.recipe.config.steps)}
        save_weights(self.weights, progress.mean.model.state_dict(), self.recipe.describe(), notes)

    def save(self, progress: Progress) -> None:
        """Write `config.json`, `history.csv` and `state.pt`, each whole or not at all.

        Raises:
            OutputError: the folder cannot be written.
        """
        with atomic_path(self.path / "config.json") as temporary:
            temporary.write_text(to_json(self.config))
        with atomic_path(self.path / "history.csv") as temporary:
            temporary.write_text("\n".join(["step,loss,validation", *map(str, progress.history)]) + "\n")
        content = {
            "config": to_json(self.config),
            "step": progress.step,
            "model": progress.model.state_dict(),
            "mean": progress.mean.model.state_dict(),
            "optimiser": progress.optimiser.state_dict(),
            "rates": progress.rates.state(),
            "history": [(r.step, r.loss, r.validation) for r in progress.history],
            "pending": progress.pending,
            "seconds": progress.seconds,
            "best": None if progress.best is None else vars(progress.best),
        }
        with atomic_path(self.state) as temporary:
            torch.save(content, temporary)

    def restore(self, progress: Progress, device: torch.device) -> None:
        """Bring a fresh run to where the last sitting ended.

        Raises:
            WeightError: the state file is damaged.
            ConfigError: the run was started with other settings, or with settings that are unknown here.
        """
        fresh = "start afresh (resume off) or use another run folder"
        try:
            content = torch.load(self.state, map_location=device, weights_only=True)
            settings = json.loads(content["config"])
        except Exception as error:  # torch.load raises almost anything on a damaged file
            raise WeightError(f"{self.state} is damaged: {type(error).__name__}", fresh) from error
        saved, wanted = from_dict(RunConfig, settings, str(self.path / "config")).outcome(), self.config.outcome()
        if saved != wanted:
            raise ConfigError(
                f"{self.path} holds a run with other settings: {', '.join(_differences(saved, wanted))}", fresh
            )
        progress.model.load_state_dict(content["model"])
        progress.mean.model.load_state_dict(content["mean"])
        progress.optimiser.load_state_dict(content["optimiser"])
        progress.rates.restore(content["rates"])
        progress.step, progress.seconds = content["step"], content["seconds"]
        progress.pending = tuple(content["pending"])
        progress.best = None if content.get("best") is None else Best(**content["best"])
        progress.history[:] = [LogRow(*row) for row in content["history"]]


def _differences(saved: Any, wanted: Any, where: str = "") -> list[str]:
    """Paths at which two plain structures differ."""
    if isinstance(saved, dict) and isinstance(wanted, dict):
        keys = sorted(set(saved) | set(wanted))
        return [d for k in keys for d in _differences(saved.get(k), wanted.get(k), f"{where}.{k}".lstrip("."))]
    return [] if saved == wanted else [f"{where} was {saved!r}, is {wanted!r}"]
