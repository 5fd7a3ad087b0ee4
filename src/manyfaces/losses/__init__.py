"""Losses: pure functions."""

from manyfaces.losses.diffusion import noise_l1
from manyfaces.losses.ranking import listwise_cross_entropy

__all__ = ["listwise_cross_entropy", "noise_l1"]
