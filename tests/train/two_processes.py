"""Run by torchrun (or alone): trains small networks and leaves their weights in the folder that is named."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import toy
from torch import nn

from manyfaces.core.seeds import torch_generator
from manyfaces.methods.ofer import FrontFace, IdGen
from manyfaces.train import (
    IdGenRecipe,
    IdRankRecipe,
    Parallel,
    PlateauConfig,
    TrainConfig,
    join_processes,
    train,
)
from manyfaces.train.parallel import WHOLE

SOURCE = toy.GaussianSource()
CONFIG = TrainConfig(
    steps=4,
    learning_rate=1e-3,
    plateau=PlateauConfig(steps_per_epoch=1, patience=0, factor=0.5, threshold=0.5),  # falls on mean losses alone
    log_every=1,
    validate_every=2,
    validation_batches=1,
)


@dataclass(frozen=True)
class Pictures:
    x: torch.Tensor
    y: torch.Tensor


@dataclass(frozen=True)
class BatchNormRecipe:
    """A network whose batch norms learn, and one that is frozen, as ArcFace's."""

    config: TrainConfig = CONFIG
    batch_size: int = 8
    name: str = "norms"
    settings: dict[str, Any] = field(default_factory=dict)

    def build(self):
        frozen = nn.BatchNorm2d(3).requires_grad_(False)
        frozen.train = lambda mode=True: frozen  # stays in evaluation, whatever it is told
        frozen.training = False
        norms = [nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.PReLU(6), nn.Flatten(), nn.Linear(54, 5), nn.BatchNorm1d(5)]
        return nn.Sequential(frozen, *norms, nn.Linear(5, 1))

    def describe(self):
        return self.settings

    def batch(self, step, split, part=WHOLE):
        generator = torch_generator(0, split, step)
        x = torch.randn(8, 3, 5, 5, generator=generator) * torch.arange(1, 9).view(8, 1, 1, 1)
        return Pictures(x[part.rows(8)], x.mean((1, 2, 3))[part.rows(8), None])

    def loss(self, model, batch, generator):
        return (model(batch.x) - batch.y + generator.normal(batch.y)).abs().mean()


def ranker(out: Path, parallel: Parallel) -> IdRankRecipe:
    return IdRankRecipe(
        source=SOURCE,
        ofer=toy.TOY,
        config=CONFIG,
        batch_size=8,
        idgen=IdGen(toy.TOY),
        front=FrontFace(torch.zeros(10, 3), torch.ones(4, 10, 3)),
        n_candidates=6,
        n_pool=320,
        refresh_every=2,
        pool_folder=out / "pool",
        parallel=parallel,
    )


def main(out: Path) -> None:
    torch.manual_seed(0)
    # Where a gradient is nought but for rounding (a bias before a batch norm), Adam steps by the sign of the rounding:
    # in 32 bits that hides what is compared here.
    torch.set_default_dtype(torch.float64)
    with join_processes() as parallel:
        for recipe in (BatchNormRecipe(), IdGenRecipe(SOURCE, toy.TOY, CONFIG, batch_size=8), ranker(out, parallel)):
            result = train(recipe, out / recipe.name, parallel=parallel, visible=False)
            torch.save(result.model.state_dict(), out / f"{recipe.name}-{parallel.part.index}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
