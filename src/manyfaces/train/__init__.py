"""Training: one loop, named recipes."""

from manyfaces.train.config import PlateauConfig, TrainConfig
from manyfaces.train.loop import TrainResult, train
from manyfaces.train.ofer import ExpGenRecipe, IdGenRecipe, IdRankRecipe
from manyfaces.train.parallel import Parallel, Part, join_processes
from manyfaces.train.recipe import Recipe, Source, Split

__all__ = [
    "ExpGenRecipe",
    "IdGenRecipe",
    "IdRankRecipe",
    "Parallel",
    "Part",
    "PlateauConfig",
    "Recipe",
    "Source",
    "Split",
    "TrainConfig",
    "TrainResult",
    "join_processes",
    "train",
]
