"""Losses: pure functions."""

from manyfaces.losses.diffusion import noise_l1, noise_mse
from manyfaces.losses.ranking import best_candidate_cross_entropy, listwise_cross_entropy

__all__ = ["best_candidate_cross_entropy", "listwise_cross_entropy", "noise_l1", "noise_mse"]
