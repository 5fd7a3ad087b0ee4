"""Candidates are drawn once, kept, and never taken for those of other settings."""

import dataclasses

import pytest
import torch

from manyfaces.methods.ofer import FrontFace, IdGen
from manyfaces.train import IdRankRecipe, TrainConfig
from manyfaces.train.pool import CandidatePool


class CountingIdGen(IdGen):
    """Draws noise, and counts how often it is asked."""

    calls = 0

    def sample(self, observation, n, generator, sampler=None):
        self.calls += 1
        return torch.randn(len(observation), n, 4, generator=generator)


@pytest.fixture
def idgen(toy):
    return CountingIdGen(toy.TOY)


@pytest.fixture
def pool(toy, idgen, tmp_path):
    return CandidatePool(toy.GaussianSource(), idgen, 0, "train", size=70, n_candidates=5, folder=tmp_path / "pool")


def test_candidates_are_taken_from_disk_the_second_time(pool, idgen):
    drawn = pool.candidates(0)
    assert drawn.shape == (70, 5, 4)
    assert idgen.calls == 3  # chunks of 32
    again = dataclasses.replace(pool)
    assert torch.equal(again.candidates(0), drawn)
    assert idgen.calls == 3


def test_a_kill_loses_one_chunk(pool, idgen):
    drawn = pool.candidates(0)
    files = sorted(pool.folder.iterdir())
    assert len(files) == 3
    files[0].unlink()
    files[2].write_bytes(files[2].read_bytes()[:-4])
    assert torch.equal(dataclasses.replace(pool).candidates(0), drawn)
    assert idgen.calls == 3 + 2


def test_other_settings_do_not_take_up_old_candidates(pool):
    drawn = pool.candidates(0)
    assert not torch.equal(dataclasses.replace(pool, seed=1).candidates(0), drawn)
    assert dataclasses.replace(pool, n_candidates=6).candidates(0).shape == (70, 6, 4)


def test_another_network_draws_anew(pool, toy, idgen):
    pool.candidates(0)
    other = CountingIdGen(toy.TOY)
    with torch.no_grad():
        next(other.parameters()).add_(1)
    dataclasses.replace(pool, idgen=other).candidates(0)
    assert other.calls == 3


def test_a_new_generation_replaces_the_old_one(pool):
    first = pool.candidates(0)
    second = pool.candidates(1)
    assert not torch.equal(first, second)
    assert not torch.equal(pool.examples(0, slice(4)).identity, pool.examples(1, slice(4)).identity)
    assert {path.name.split("-")[1] for path in pool.folder.iterdir()} == {"1"}


def test_examples_of_a_pool_are_the_ones_candidates_were_drawn_for(toy):
    class Telling(CountingIdGen):
        def sample(self, observation, n, generator, sampler=None):
            return observation[:, None, :4].expand(-1, n, -1)

    pool = CandidatePool(toy.GaussianSource(), Telling(toy.TOY), 0, "train", size=70, n_candidates=2)
    rows = torch.tensor([3, 69, 40])
    assert torch.equal(pool.candidates(0)[rows, 0], pool.examples(0, rows).condition[:, :4])


def test_the_recipe_refreshes_its_pool(toy, idgen, tmp_path):
    recipe = IdRankRecipe(
        source=toy.GaussianSource(),
        ofer=toy.TOY,
        config=TrainConfig(steps=10),
        batch_size=4,
        idgen=idgen,
        front=FrontFace(torch.zeros(10, 3), torch.ones(4, 10, 3)),
        n_candidates=5,
        n_pool=16,
        refresh_every=5,
        pool_folder=tmp_path,
        drawn_truth=False,
    )
    for step, calls in ((0, 1), (4, 1), (5, 2), (9, 2), (10, 3)):
        batch = recipe.batch(step, "train")
        assert idgen.calls == calls
        assert batch.candidates.shape == (4, 5, 4)
    recipe.batch(99, "validation")
    recipe.batch(0, "validation")
    assert idgen.calls == 4
