"""Parts of a network learn at their own rates, and the rates fall as they should."""

import dataclasses

import pytest
import torch
from torch import nn

from manyfaces.core.errors import ConfigError
from manyfaces.train import PlateauConfig, TrainConfig
from manyfaces.train.rates import Rates, make_optimiser


def network():
    return nn.ModuleDict({"encoder": nn.Linear(3, 3), "generator": nn.Linear(3, 2), "frozen": nn.Linear(2, 2)})


def of_name(model, optimiser):
    """Learning rate and weight decay of each parameter."""
    names = {id(p): name for name, p in model.named_parameters()}
    return {names[id(p)]: (g["lr"], g["weight_decay"]) for g in optimiser.param_groups for p in g["params"]}


def test_each_part_has_its_rate_and_what_is_frozen_none():
    model = network()
    model["frozen"].requires_grad_(False)
    config = TrainConfig(steps=10, learning_rate=1e-3, rates={"encoder.": 1e-4}, weight_decay=0.5)
    assert of_name(model, make_optimiser(model, config)) == {
        "encoder.weight": (1e-4, 0.5),
        "encoder.bias": (1e-4, 0.0),
        "generator.weight": (1e-3, 0.5),
        "generator.bias": (1e-3, 0.0),
    }


@pytest.mark.parametrize(
    ("rates", "said"),
    [({"decoder": 1.0}, "encoder, frozen, generator"), ({"enc": 1.0, "encoder": 1.0}, "two learning")],
)
def test_rates_that_fit_no_part_or_two_are_refused(rates, said):
    with pytest.raises(ConfigError, match=said):
        make_optimiser(network(), TrainConfig(steps=1, rates=rates))


def test_cosine_moves_all_parts_alike():
    config = TrainConfig(steps=100, learning_rate=1e-3, rates={"encoder": 1e-4}, warmup_steps=10)
    optimiser = make_optimiser(network(), config)
    rates = Rates(config, optimiser)
    for step in (0, 5, 10, 50, 99):
        rates.before(step)
        assert rates.main == pytest.approx(config.rate_at(step, 1e-3))
        assert [g["lr"] / rates.main for g in optimiser.param_groups] == pytest.approx([1.0, 1.0, 0.1, 0.1])


PLATEAU = TrainConfig(
    steps=100, learning_rate=1e-3, rates={"encoder": 1e-4}, plateau=PlateauConfig(2, factor=0.5, patience=1)
)


def followed(losses, config=PLATEAU, rates=None):
    """The main rate after each loss."""
    rates = rates or Rates(config, make_optimiser(network(), config))
    seen = []
    for step, loss in enumerate(losses):
        rates.before(step)
        rates.after(step, loss)
        seen.append(rates.main)
    return seen


def test_plateau_by_hand():
    # Epochs of two steps, one bad epoch is borne: means 3, 2, 2, 2 -> the second bad one halves the rate.
    assert followed([4, 2, 2, 2, 1, 3, 2.5, 1.5]) == [1e-3] * 7 + [0.5e-3]
    # An improvement of less than a ten-thousandth is none; a fresh low is.
    assert followed([2, 2, 1.99999, 1.99999, 1.99999, 1.99999])[-1] == 0.5e-3
    assert followed([2, 2, 1.9, 1.9, 1.8, 1.8])[-1] == 1e-3


def test_plateau_goes_on_where_it_stood():
    losses = [4, 2, 2, 2, 1, 3, 2.5, 1.5, 2, 2]
    first = Rates(PLATEAU, make_optimiser(network(), PLATEAU))
    followed(losses[:5], rates=first)  # in the middle of an epoch
    optimiser = make_optimiser(network(), PLATEAU)
    second = Rates(PLATEAU, optimiser)
    second.restore(first.state())
    for step in range(5, 10):
        second.after(step, losses[step])
    assert second.main == followed(losses)[-1]


def test_the_published_rate_of_the_ranker_falls_once_at_most():
    # torch's scheduler leaves a rate alone that would fall by less than 1e-8, and a hundredth of 1e-6 is no more.
    config = dataclasses.replace(PLATEAU, learning_rate=1e-6, rates={}, plateau=PlateauConfig(1, patience=2))
    assert followed([1.0] * 300, config)[-1] > 0.979e-6
    faster = dataclasses.replace(config, learning_rate=1e-4)
    assert followed([1.0] * 300, faster)[-1] == pytest.approx(1e-4 * 0.99**99, rel=1e-3)


def test_training_steps_follow_the_rates():
    # Adam's first step is the rate, whatever the gradient.
    model = network()
    optimiser = make_optimiser(model, TrainConfig(steps=9, learning_rate=0.1, rates={"encoder": 0.01}, weight_decay=0))
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    model["generator"](model["encoder"](torch.ones(1, 3))).sum().backward()
    optimiser.step()
    moved = {n: (p.detach() - before[n]).abs().max() for n, p in model.named_parameters()}
    assert moved["encoder.bias"] == pytest.approx(0.01, rel=1e-3)
    assert moved["generator.bias"] == pytest.approx(0.1, rel=1e-3)
    assert moved["frozen.weight"] == 0
