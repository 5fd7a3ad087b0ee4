"""How a network is trained, whatever it is."""

import math
from dataclasses import dataclass, field
from typing import Literal

Precision = Literal["float32", "bfloat16", "auto"]


@dataclass(frozen=True)
class PlateauConfig:
    """Learning rates that fall when the training loss of an epoch no longer does (torch's `ReduceLROnPlateau`).

    Attributes:
        steps_per_epoch: steps after which the mean loss is looked at.
        factor: what the rates are multiplied by.
        patience: epochs without improvement that are borne.
        threshold: improvement that counts, as a share of the best loss so far.
    """

    steps_per_epoch: int
    factor: float = 0.99
    patience: int = 2
    threshold: float = 1e-4


@dataclass(frozen=True)
class TrainConfig:
    """Settings of the training loop.

    Attributes:
        steps: optimiser steps in all.
        seed: root of every random stream: start weights, batches, noise.
        learning_rate: its peak.
        rates: peaks of parts of the network that have their own, by the beginning of their parameters' names.
        plateau: how the rates fall; by warm-up and cosine when None.
        warmup_steps: linear rise to the peak; after it a half cosine falls to `final_rate` times the peak.
        final_rate: last learning rate, as a share of the peak.
        weight_decay: AdamW's, on matrices only.
        clip_norm: gradients longer than this are scaled down to it; None leaves them.
        ema_decay: of the running mean of the weights, which is what is validated and saved; 0 keeps the last weights.
        precision: of the forward pass; "auto" is bfloat16 on a GPU and float32 elsewhere. Weights are float32.
        validate_every: steps between validations.
        validation_batches: batches per validation, from seeds never trained on.
        patience: validations in a row without a better one after which training ends early, and what was best is kept;
            0 trains to the end and keeps the last weights.
        log_every: steps per logged mean loss.
        save_every_s: seconds between checkpoints.
    """

    steps: int
    seed: int = 0
    learning_rate: float = 1e-3
    rates: dict[str, float] = field(default_factory=dict)
    plateau: PlateauConfig | None = None
    warmup_steps: int = 500
    final_rate: float = 0.01
    weight_decay: float = 1e-4
    clip_norm: float | None = 1.0
    ema_decay: float = 0.999
    precision: Precision = "float32"
    validate_every: int = 1000
    validation_batches: int = 8
    patience: int = 0
    log_every: int = 50
    save_every_s: float = 60.0

    def rate_at(self, step: int, peak: float) -> float:
        """Learning rate of a step, 0..steps-1, for one that peaks at `peak`: warm-up, then cosine."""
        if step < self.warmup_steps:
            return peak * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        share = self.final_rate + (1 - self.final_rate) * 0.5 * (1 + math.cos(math.pi * progress))
        return peak * share
