"""The recipes on a source with known posteriors."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.methods.ofer import FrontFace, IdGen
from manyfaces.train import ExpGenRecipe, IdGenRecipe, IdRankRecipe, TrainConfig, train

_spec = importlib.util.spec_from_file_location("toy", Path(__file__).with_name("toy.py"))
assert _spec is not None
assert _spec.loader is not None
toy = importlib.util.module_from_spec(_spec)
sys.modules["toy"] = toy
_spec.loader.exec_module(toy)

SOURCE, TOY = toy.GaussianSource(noise=1.0), toy.TOY
QUICK = TrainConfig(
    steps=300, learning_rate=4e-3, warmup_steps=30, validate_every=150, validation_batches=2, ema_decay=0.98
)


@pytest.fixture(scope="module")
def idgen(tmp_path_factory):
    recipe = IdGenRecipe(SOURCE, TOY, QUICK, batch_size=256)
    return train(recipe, tmp_path_factory.mktemp("idgen"), visible=False).model


def test_idgen_learns_the_posterior(idgen):
    examples = SOURCE.batch(99, 0, 40)
    drawn = idgen.sample(examples.condition, 400, torch_generator(0))
    mean, covariance = SOURCE.posterior(examples.condition)
    # What the photo says, it follows, and is narrower than the prior ...
    error = (drawn.mean(1) - mean).square().mean(0).sqrt()
    assert (error[:3] < 0.6 * mean[:, :3].std(0)).all(), error
    spread = drawn.std(1).mean(0)
    assert (spread[:3] < 0.85).all(), spread
    assert (spread[:3] > 0.9 * covariance.diag().sqrt()[:3]).all(), spread
    # ... and about what it does not say, it keeps the spread of the prior.
    assert spread[3] == pytest.approx(1.0, abs=0.1)


class ExactIdGen(IdGen):
    """Draws from the true posterior."""

    def sample(self, observation, n, generator, sampler=None):
        mean, covariance = SOURCE.posterior(observation)
        noise = torch.randn(len(observation), n, 4, generator=generator)
        return mean[:, None] + noise @ torch.linalg.cholesky(covariance).T


def test_idrank_learns_to_choose(tmp_path):
    front = FrontFace(torch.zeros(10, 3), 2 * torch.randn(4, 10, 3, generator=torch_generator(3)))
    config = TrainConfig(
        steps=250, learning_rate=4e-3, warmup_steps=20, validation_batches=1, validate_every=250, ema_decay=0.98
    )
    recipe = IdRankRecipe(
        source=SOURCE,
        ofer=TOY,
        config=config,
        batch_size=32,
        idgen=ExactIdGen(TOY),
        front=front,
        n_candidates=20,
        n_pool=512,
    )
    rank = train(recipe, tmp_path, visible=False).model
    examples = SOURCE.batch(1000, 0, 400)
    candidates = recipe.idgen.sample(examples.condition, 20, torch_generator(1))
    distance = rank.distance_mm(candidates, examples.identity)
    chosen = torch.gather(distance, 1, rank.rank(examples.condition, candidates).order[:, :1])
    # The best one can do without the truth: the candidate nearest to the posterior mean.
    central = rank.distance_mm(candidates, SOURCE.posterior(examples.condition)[0]).argmin(1, keepdim=True)
    possible = distance.mean() - torch.gather(distance, 1, central).mean()
    assert distance.mean() - chosen.mean() > 0.5 * possible


def test_expgen_recipe_standardises(tmp_path):
    recipe = ExpGenRecipe(SOURCE, TOY, TrainConfig(steps=2, validation_batches=1), batch_size=16)
    model = train(recipe, tmp_path, visible=False).model
    examples = SOURCE.batch(5, 0, 4000)
    truth = torch.cat([examples.expression, examples.jaw], -1)
    left = model.generator.standardiser(truth, torch.cat([examples.condition, examples.identity], -1))
    assert left.mean(0) == pytest.approx(torch.zeros(8), abs=0.1)
    assert left.std(0) == pytest.approx(torch.ones(8), rel=0.1)
    drawn = model.sample(torch.zeros(1, 6), torch.zeros(1, 4), 3, torch_generator(0))
    assert drawn.expression.shape == (1, 3, 5)


def test_batches_are_functions_of_seed_split_and_step():
    recipe = IdGenRecipe(SOURCE, TOY, QUICK, batch_size=4)
    assert torch.equal(recipe.batch(3, "train").identity, recipe.batch(3, "train").identity)
    assert not torch.equal(recipe.batch(3, "train").identity, recipe.batch(3, "validation").identity)
    assert not torch.equal(recipe.batch(3, "train").identity, recipe.batch(4, "train").identity)
