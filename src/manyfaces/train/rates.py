"""Which parameters learn how fast, and how that changes during a run."""

from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from manyfaces.core.errors import ConfigError
from manyfaces.train.config import TrainConfig


def make_optimiser(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW with a learning rate for each named part; frozen parameters are left out, vectors do not decay.

    Raises:
        ConfigError: a name in `config.rates` begins no trainable parameter's name, or two of them begin the same.
    """
    parts: dict[str, list[nn.Parameter]] = {"": [], **{prefix: [] for prefix in config.rates}}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            parts[_part_of(name, config)].append(parameter)
    idle = [prefix for prefix in config.rates if not parts[prefix]]
    if idle:
        known = sorted({name.split(".")[0] for name, p in model.named_parameters() if p.requires_grad})
        raise ConfigError(
            f"no parameter that learns has a name beginning with {idle[0]!r}", f"names begin with: {', '.join(known)}"
        )
    groups = []
    for prefix, parameters in parts.items():
        rate = config.rates.get(prefix, config.learning_rate)
        matrices, vectors = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]
        groups.append({"params": matrices, "weight_decay": config.weight_decay, "lr": rate})
        groups.append({"params": vectors, "weight_decay": 0.0, "lr": rate})
    return torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)


def _part_of(name: str, config: TrainConfig) -> str:
    found = [prefix for prefix in config.rates if name.startswith(prefix)]
    if len(found) > 1:
        raise ConfigError(f"{name} has two learning rates, of {' and '.join(found)}", "make the names begin apart")
    return found[0] if found else ""


class Rates:
    """Sets the learning rates of a run.

    Args:
        config: how they change.
        optimiser: whose groups hold their peaks.
    """

    def __init__(self, config: TrainConfig, optimiser: torch.optim.Optimizer):
        self._config, self._optimiser = config, optimiser
        self._peaks = [group["lr"] for group in optimiser.param_groups]
        plateau = config.plateau
        self._plateau = plateau and ReduceLROnPlateau(
            optimiser, factor=plateau.factor, patience=plateau.patience, threshold=plateau.threshold
        )
        self._losses: tuple[float, int] = (0.0, 0)

    @property
    def main(self) -> float:
        """The rate of the parameters that have none of their own, now."""
        return self._optimiser.param_groups[0]["lr"]

    def before(self, step: int) -> None:
        """Set the rates of a step; where they wait for a plateau there is nothing to do."""
        if self._plateau is None:
            for group, peak in zip(self._optimiser.param_groups, self._peaks, strict=True):
                group["lr"] = self._config.rate_at(step, peak)

    def after(self, step: int, loss: float) -> None:
        """Take in the loss of a step; at the end of an epoch, lower the rates if the losses stand still."""
        if self._plateau is None or self._config.plateau is None:
            return
        total, count = self._losses[0] + loss, self._losses[1] + 1
        if (step + 1) % self._config.plateau.steps_per_epoch == 0:
            self._plateau.step(total / count)
            total, count = 0.0, 0
        self._losses = (total, count)

    def state(self) -> dict[str, Any]:
        """What resuming needs beside the optimiser's own state, which holds the rates."""
        return {"losses": self._losses, "plateau": self._plateau and self._plateau.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._losses = tuple(state["losses"])
        if self._plateau is not None:
            self._plateau.load_state_dict(state["plateau"])
