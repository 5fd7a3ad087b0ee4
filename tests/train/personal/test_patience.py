"""Training ends when held-out frames get no better, and keeps what was best."""

import os
import signal
from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from manyfaces.io.checkpoints import load_weights
from manyfaces.train.config import TrainConfig
from manyfaces.train.loop import train
from manyfaces.train.parallel import WHOLE

CONFIG = TrainConfig(
    steps=20,
    learning_rate=0.1,
    warmup_steps=0,
    weight_decay=0.0,
    clip_norm=None,
    ema_decay=0.0,
    validate_every=1,
    validation_batches=1,
    log_every=1,
    patience=3,
)


class Point(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.zeros(1))


@dataclass(frozen=True)
class Past:
    """Training draws x upwards; validation likes it best at 0.45."""

    config: TrainConfig = CONFIG
    name: str = "past"
    batch_size: int = 1
    kill_at: int = -1
    best: float = 0.45

    def build(self):
        return Point()

    def describe(self):
        return {}

    def batch(self, step, split, part=WHOLE):
        if step == self.kill_at and split == "train":
            os.kill(os.getpid(), signal.SIGINT)
        return torch.tensor([1.0 if split == "train" else 0.0])

    def loss(self, model, batch, generator):
        return -model.x.sum() if bool(batch) else (model.x - self.best).abs().sum()


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    return train(Past(), tmp_path_factory.mktemp("ended"), visible=False)


def test_it_ends_early_and_keeps_the_best(ended):
    validation = [row.validation for row in ended.history]
    best = min(range(len(validation)), key=validation.__getitem__)
    assert ended.finished
    assert ended.step == len(validation) - 1 == best + 3 < 20  # the first is of step 0
    kept = float(ended.model.x)
    assert abs(kept - 0.45) == pytest.approx(validation[best])
    assert float(load_weights(ended.weights).state["x"]) == kept


def test_a_run_that_has_ended_stays_ended(ended):
    again = train(Past(), ended.weights.parent, visible=False)
    assert (again.step, again.finished) == (ended.step, True)
    assert torch.equal(again.model.x, ended.model.x)


@pytest.mark.parametrize("kill_at", [2, 6])
def test_stopped_and_resumed_it_ends_where_it_would_have(ended, tmp_path, kill_at):
    stopped = train(Past(kill_at=kill_at), tmp_path, visible=False)
    assert not stopped.finished
    resumed = train(Past(), tmp_path, visible=False)
    assert (resumed.step, resumed.finished) == (ended.step, True)
    assert [row.validation for row in resumed.history] == [row.validation for row in ended.history]
    assert torch.equal(resumed.model.x, ended.model.x)


def test_without_patience_it_goes_to_the_end_and_keeps_the_last(tmp_path):
    result = train(Past(replace(CONFIG, patience=0)), tmp_path, visible=False)
    assert result.step == 20
    assert float(result.model.x) > 0.9


def test_what_goes_on_getting_better_is_not_cut_short(tmp_path):
    result = train(Past(best=100.0), tmp_path, visible=False)
    assert result.step == 20
    assert float(result.model.x) == pytest.approx(100 - result.history[-1].validation, abs=1e-4)


def test_a_loss_that_is_no_number_is_not_better(tmp_path):
    @dataclass(frozen=True)
    class Broken(Past):
        def loss(self, model, batch, generator):
            value = super().loss(model, batch, generator)
            broken = not bool(batch) and float(model.x) > 0.25
            return value * torch.nan if broken else value

    result = train(Broken(), tmp_path, visible=False)
    assert float(result.model.x) == pytest.approx(0.2, abs=0.05)
    assert result.step == 5
