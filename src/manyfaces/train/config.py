"""How a network is trained, whatever it is."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainConfig:
    """Settings of the training loop.

    Attributes:
        steps: optimiser steps in all.
        seed: root of every random stream: start weights, batches, noise.
        learning_rate: its peak.
        warmup_steps: linear rise to the peak; after it a half cosine falls to `final_rate` times the peak.
        final_rate: last learning rate, as a share of the peak.
        weight_decay: AdamW's, on matrices only.
        clip_norm: gradients longer than this are scaled down to it.
        ema_decay: of the running mean of the weights, which is what is validated and saved.
        validate_every: steps between validations.
        validation_batches: batches per validation, from seeds never trained on.
        log_every: steps per logged mean loss.
        save_every_s: seconds between checkpoints.
    """

    steps: int
    seed: int = 0
    learning_rate: float = 1e-3
    warmup_steps: int = 500
    final_rate: float = 0.01
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    validate_every: int = 1000
    validation_batches: int = 8
    log_every: int = 50
    save_every_s: float = 60.0

    def rate_at(self, step: int) -> float:
        """Learning rate of a step, 0..steps-1: warm-up, then cosine."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
        share = self.final_rate + (1 - self.final_rate) * 0.5 * (1 + math.cos(math.pi * progress))
        return self.learning_rate * share
