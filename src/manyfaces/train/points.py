"""Recipe of the point encoder: what the detector says, to where the points are and what the coefficients are."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from manyfaces.core.config import to_dict
from manyfaces.core.seeds import torch_generator
from manyfaces.data.bank import Bank
from manyfaces.data.sources import coefficients, observations, validation_rows
from manyfaces.diffusion import BatchDraws
from manyfaces.methods.ofer.point_encoder import Observations, PointEncoder, PointEncoderConfig
from manyfaces.train.config import TrainConfig
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split


@dataclass(frozen=True)
class PointBatch:
    """Observations with their truth.

    Attributes:
        seen: the observations.
        points: where the points really are, crop units.
        coefficients: identity, expression and jaw.
    """

    seen: Observations
    points: Float[Tensor, "B P 2"]
    coefficients: Float[Tensor, "B K"]


@dataclass(frozen=True)
class PointRecipe:
    """Train the point encoder on a bank.

    Attributes:
        bank: observations with their truth.
        encoder: sizes.
        config: settings of the loop.
        batch_size: examples per step.
        name: for messages and files.
    """

    bank: Bank
    encoder: PointEncoderConfig
    config: TrainConfig
    batch_size: int = 512
    name: str = "points"

    @cached_property
    def everything(self) -> PointBatch:
        """The whole bank as tensors."""
        truth = coefficients(self.bank, self.encoder.n_identity)
        return PointBatch(observations(self.bank), torch.from_numpy(self.bank.true_points), truth)

    @cached_property
    def rows(self) -> dict[Split, Int[Tensor, " R"]]:
        """Rows of the bank on each side."""
        held = validation_rows(self.bank)
        return {"train": (~held).nonzero()[:, 0], "validation": held.nonzero()[:, 0]}

    def build(self) -> nn.Module:
        """The network, with the training rows' statistics."""
        model = PointEncoder(self.encoder)
        rows = self.rows["train"][:: max(1, len(self.rows["train"]) // STATISTICS_ROWS)]
        part = self._pick(rows)
        model.fit_statistics(part.seen, part.points, part.coefficients)
        return model

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network."""
        return {"encoder": to_dict(self.encoder)}

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> PointBatch:
        """The examples of a step."""
        rows = self.rows[split]
        generator = torch_generator(self.config.seed, "points", split, step)
        picked = torch.randint(len(rows), (self.batch_size,), generator=generator)
        return self._pick(rows[picked[part.rows(self.batch_size)]])

    def loss(self, model: nn.Module, batch: PointBatch, generator: BatchDraws) -> Float[Tensor, ""]:
        """Likelihood of the points plus squared error of the coefficients."""
        return cast(PointEncoder, model).loss(batch.seen, batch.points, batch.coefficients)

    def _pick(self, rows: Tensor) -> PointBatch:
        whole = self.everything
        return PointBatch(whole.seen.at(rows), whole.points[rows], whole.coefficients[rows])


STATISTICS_ROWS = 20_000
