"""Recipes of the three OFER networks, on any source of examples."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.config import to_dict
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.diffusion import BatchDraws, SamplerConfig
from manyfaces.methods.ofer import (
    Example,
    ExpGen,
    FrontFace,
    IdGen,
    IdRank,
    OferConfig,
    expgen_loss,
    idgen_loss,
    idrank_loss,
)
from manyfaces.train.config import TrainConfig
from manyfaces.train.parallel import WHOLE, Parallel, Part
from manyfaces.train.pool import CandidatePool
from manyfaces.train.recipe import Source, Split

MakeEncoder = Callable[[], nn.Module | None]


def _no_encoder() -> None:
    return None


@dataclass(frozen=True)
class OferRecipe:
    """What the three have in common.

    Attributes:
        source: the examples.
        ofer: sizes of the networks.
        config: settings of the loop.
        batch_size: examples per step.
        make_encoder: makes the network's encoder; by default conditions are vectors.
        encoder_config: plain values that define the encoder, saved with the weights.
        n_statistics: examples from which the coefficients' mean and spread are taken.
        held_out: source of the validation batches; `source` with seeds of their own when None.
    """

    source: Source
    ofer: OferConfig
    config: TrainConfig
    batch_size: int = 512
    make_encoder: MakeEncoder = _no_encoder
    encoder_config: dict[str, Any] = field(default_factory=dict)
    n_statistics: int = 40_000
    held_out: Source | None = None

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network."""
        return {"ofer": to_dict(self.ofer), "encoder": self.encoder_config}

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Any:
        """The examples of a step; training and validation never share a seed."""
        seed, rows = stream_seed(self.config.seed, split), part.rows(self.batch_size)
        return self._source(split).batch(seed, step, self.batch_size, rows)

    def _source(self, split: Split) -> Source:
        return self.held_out if split == "validation" and self.held_out is not None else self.source

    def _statistics(self) -> Example:
        return self.source.batch(stream_seed(self.config.seed, "statistics"), 0, self.n_statistics)


@dataclass(frozen=True)
class IdGenRecipe(OferRecipe):
    """Train the identity network."""

    name: str = "idgen"

    def build(self) -> nn.Module:
        """The network, with the coefficients' statistics where it uses them."""
        model = IdGen(self.ofer, self.make_encoder())
        if self.ofer.standardised:
            examples = self._statistics()
            model.fit_standardiser(examples.condition, examples.identity)
        return model

    def loss(self, model: nn.Module, batch: Example, generator: BatchDraws) -> Float[Tensor, ""]:
        """Noise L1."""
        return idgen_loss(cast(IdGen, model), batch, generator)


@dataclass(frozen=True)
class ExpGenRecipe(OferRecipe):
    """Train the expression network."""

    name: str = "expgen"

    def build(self) -> nn.Module:
        """The network, with the coefficients' statistics where it uses them."""
        model = ExpGen(self.ofer, self.make_encoder())
        if self.ofer.standardised:
            examples = self._statistics()
            model.fit_standardiser(examples.condition, examples.identity, examples.expression, examples.jaw)
        return model

    def loss(self, model: nn.Module, batch: Example, generator: BatchDraws) -> Float[Tensor, ""]:
        """Noise L1."""
        return expgen_loss(cast(ExpGen, model), batch, generator)


@dataclass(frozen=True)
class Contest:
    """Examples with candidates to rank.

    Attributes:
        example: observations with their truth.
        candidates: identities drawn for each.
    """

    example: Example
    candidates: Float[Tensor, "B N S"]


@dataclass(frozen=True, kw_only=True)
class IdRankRecipe(OferRecipe):
    """Train the ranking network on what a trained, frozen IdGen draws.

    Candidates are drawn for a pool of examples, see `CandidatePool`. A pool has one truth per example, and those are
    soon known by heart. With `drawn_truth`, one of the candidates plays the truth's part each time: where IdGen is
    calibrated its draws have the truth's law, and there are a hundred of them. Validation is always against the real
    truth.

    Attributes:
        idgen: the trained identity network.
        front: front face of the head model.
        n_candidates: candidates per example.
        n_pool: training examples that candidates are drawn for; an eighth as many for validation.
        sampler: how they are drawn; as configured by default.
        drawn_truth: in training, let one candidate stand for the truth.
        refresh_every: steps after which the training pool is drawn anew; never when None.
        pool_folder: where pools are kept; only in memory when None.
        parallel: this process among those that share the drawing.
    """

    idgen: IdGen
    front: FrontFace
    n_candidates: int = 100
    n_pool: int = 2048
    drawn_truth: bool = True
    sampler: SamplerConfig | None = None
    refresh_every: int | None = None
    pool_folder: Path | None = None
    parallel: Parallel = field(default_factory=Parallel)
    name: str = "idrank"

    def build(self) -> nn.Module:
        """The network."""
        return IdRank(self.ofer, self.front, self.make_encoder())

    def batch(self, step: int, split: Split, part: Part = WHOLE) -> Contest:
        """A random part of the pool."""
        pool, own = self._pools[split], part.rows(self.batch_size)
        generation = step // self.refresh_every if self.refresh_every and split == "train" else 0
        generator = torch_generator(self.config.seed, "contest", split, step)
        rows = torch.randint(pool.size, (self.batch_size,), generator=generator)[own]
        example, candidates = pool.examples(generation, rows), pool.candidates(generation)[rows]
        if self.drawn_truth and split == "train":
            truth = torch.randint(self.n_candidates, (self.batch_size, 1), generator=generator)[own]
            others = torch.arange(self.n_candidates - 1)
            example = replace(example, identity=torch.take_along_dim(candidates, truth[..., None], 1)[:, 0])
            candidates = torch.take_along_dim(candidates, (others + (others >= truth))[..., None], 1)
        return Contest(example, candidates)

    def loss(self, model: nn.Module, batch: Contest, generator: BatchDraws) -> Float[Tensor, ""]:
        """Listwise loss."""
        return idrank_loss(cast(IdRank, model), batch.example, batch.candidates)

    @cached_property
    def _pools(self) -> dict[Split, CandidatePool]:
        return {"train": self._pool("train", self.n_pool), "validation": self._pool("validation", self.n_pool // 8)}

    def _pool(self, split: Split, size: int) -> CandidatePool:
        return CandidatePool(
            source=self._source(split),
            idgen=self.idgen,
            seed=self.config.seed,
            split=split,
            size=size,
            n_candidates=self.n_candidates,
            sampler=self.sampler,
            folder=self.pool_folder,
            parallel=self.parallel,
        )
