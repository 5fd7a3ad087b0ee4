"""Training: one loop, named recipes."""

from manyfaces.train.config import TrainConfig
from manyfaces.train.loop import TrainResult, train
from manyfaces.train.ofer import ExpGenRecipe, IdGenRecipe, IdRankRecipe
from manyfaces.train.recipe import Recipe, Source, Split

__all__ = [
    "ExpGenRecipe",
    "IdGenRecipe",
    "IdRankRecipe",
    "Recipe",
    "Source",
    "Split",
    "TrainConfig",
    "TrainResult",
    "train",
]
