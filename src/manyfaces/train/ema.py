"""A running mean of the weights: smoother than any single step's, and what is kept."""

import copy

import torch
from torch import nn


class RunningMean:
    """Exponential moving average of a network.

    Attributes:
        model: a copy of the network that holds the mean; never trained.
    """

    def __init__(self, model: nn.Module, decay: float):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take in the weights after a step (0-based); early on the mean is short, so that it forgets the start."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for mine, other in zip(self.model.parameters(), model.parameters(), strict=True):
            mine.lerp_(other, 1 - decay)
        for mine, other in zip(self.model.buffers(), model.buffers(), strict=True):
            mine.copy_(other)
