"""Recipes of the three OFER networks, on any source of examples."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.config import to_dict
from manyfaces.core.seeds import stream_seed, torch_generator
from manyfaces.diffusion import SamplerConfig
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

    def batch(self, step: int, split: Split) -> Any:
        """The examples of a step; training and validation never share a seed."""
        return self._examples(split, step, self.batch_size)

    def _examples(self, split: Split, step: int, size: int) -> Example:
        source = self.held_out if split == "validation" and self.held_out is not None else self.source
        return source.batch(stream_seed(self.config.seed, split), step, size)

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

    def loss(self, model: nn.Module, batch: Example, generator: torch.Generator) -> Float[Tensor, ""]:
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

    def loss(self, model: nn.Module, batch: Example, generator: torch.Generator) -> Float[Tensor, ""]:
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

    Drawing candidates costs a hundred times what a training step does, so they are drawn once for a pool of examples.
    A pool has one truth per example, and those are soon known by heart. With `drawn_truth`, one of the candidates
    plays the truth's part each time: where IdGen is calibrated its draws have the truth's law, and there are a hundred
    of them. Validation is always against the real truth.

    Attributes:
        idgen: the trained identity network.
        front: front face of the head model.
        n_candidates: candidates per example.
        n_pool: training examples that candidates are drawn for; an eighth as many for validation.
        sampler: how they are drawn; as configured by default.
        drawn_truth: in training, let one candidate stand for the truth.
    """

    idgen: IdGen
    front: FrontFace
    n_candidates: int = 100
    n_pool: int = 2048
    drawn_truth: bool = True
    sampler: SamplerConfig | None = None
    name: str = "idrank"

    def build(self) -> nn.Module:
        """The network."""
        return IdRank(self.ofer, self.front, self.make_encoder())

    def batch(self, step: int, split: Split) -> Contest:
        """A random part of the pool."""
        pool = self._pools[split]
        generator = torch_generator(self.config.seed, "contest", split, step)
        rows = torch.randint(len(pool.candidates), (self.batch_size,), generator=generator)
        parts = {f.name: getattr(pool.example, f.name)[rows] for f in fields(Example)}
        candidates = pool.candidates[rows]
        if self.drawn_truth and split == "train":
            truth = torch.randint(candidates.shape[1], (len(rows), 1), generator=generator)
            others = torch.arange(candidates.shape[1] - 1)
            parts["identity"] = torch.take_along_dim(candidates, truth[..., None], 1)[:, 0]
            candidates = torch.take_along_dim(candidates, (others + (others >= truth))[..., None], 1)
        return Contest(Example(**parts), candidates)

    def loss(self, model: nn.Module, batch: Contest, generator: torch.Generator) -> Float[Tensor, ""]:
        """Listwise loss."""
        return idrank_loss(cast(IdRank, model), batch.example, batch.candidates)

    @cached_property
    def _pools(self) -> dict[Split, Contest]:
        return {"train": self._pool("train", self.n_pool), "validation": self._pool("validation", self.n_pool // 8)}

    @torch.no_grad()
    def _pool(self, split: Split, size: int) -> Contest:
        example = self._examples(split, 0, size)
        drawn = []
        for k, rows in enumerate(torch.arange(size).split(POOL_CHUNK)):
            generator = torch_generator(self.config.seed, "candidates", split, k)
            drawn.append(self.idgen.sample(example.condition[rows], self.n_candidates, generator, self.sampler))
        return Contest(example, torch.cat(drawn))


POOL_CHUNK = 32
