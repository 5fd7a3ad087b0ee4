"""A base with one person's parameters in it."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from manyfaces.core.errors import WeightError
from manyfaces.methods.personal import OPEN, PUBLISHED, CoarseNet
from manyfaces.methods.personal.adapted import Adapted, AdaptedSkin
from manyfaces.nn import DisplacementMae
from manyfaces.nn.resnet import ResNetConfig

PICTURES = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def net(personal_stand_in):
    """With convolutions, whose batch norms have running means."""
    config = personal_stand_in.TINY.coarse
    stem = ResNetConfig((1, 1), widths=(4, 8), stem=4)
    return personal_stand_in.coarse_net(replace(config, vit=replace(config.vit, stem=stem)))


def bits(state):
    return {name: tensor.numpy().tobytes() for name, tensor in state.items()}


def learn(adapted, steps=3):
    optimiser = torch.optim.Adam([p for p in adapted.parameters() if p.requires_grad], lr=1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        adapted(PICTURES).square().sum().backward()
        optimiser.step()


def test_the_base_stays_bit_for_bit(net):
    before, weights = net(PICTURES), bits(net.state_dict())
    adapted = Adapted(net, 4)
    assert torch.equal(adapted(PICTURES), before)
    adapted.train()
    learn(adapted)
    assert not torch.allclose(adapted(PICTURES), before)
    with adapted.adaptation.off():
        assert torch.equal(adapted(PICTURES), before)
    adapted.adaptation.remove()
    assert bits(net.state_dict()) == weights  # running means and counters, too
    assert torch.equal(net(PICTURES), before)


def test_it_never_leaves_evaluation_mode(net):
    adapted = Adapted(net.train(), 4).train()
    assert not adapted.training
    assert not any(module.training for module in adapted.modules())


def test_its_state_is_the_persons_alone(net):
    adapted = Adapted(net, 4)
    state = adapted.state_dict()
    assert set(state) == set(adapted.adaptation.trainable)
    norms = [(name, m) for name, m in net.named_modules() if isinstance(m, nn.LayerNorm | nn.BatchNorm2d)]
    of_norms = {f"{name}.{part}" for name, norm in norms for part, _ in norm.named_parameters()}
    assert any(isinstance(norm, nn.BatchNorm2d) for _, norm in norms)
    assert {name for name in state if ".adapter." not in name} == of_norms
    assert sum(t.numel() for t in state.values()) == sum(p.numel() for p in adapted.parameters() if p.requires_grad)


def test_a_persons_state_makes_a_round_trip(net):
    other = Adapted(copy.deepcopy(net), 4)
    adapted = Adapted(net, 4)
    learn(adapted)
    other.load_state_dict(adapted.state_dict())
    assert torch.equal(other(PICTURES), adapted(PICTURES))
    with pytest.raises(WeightError, match="insert adapters of the file's width"):
        other.load_state_dict(wider(other.state_dict()))
    with pytest.raises(WeightError, match="missing or unknown"):
        other.load_state_dict({})


def wider(state):
    return {n: t.new_zeros(6, *t.shape[1:]) if ".down." in n else t for n, t in state.items()}


def test_a_copy_learns_by_itself(net):
    # As the running mean of a training run does.
    adapted = Adapted(net, 4)
    mean = copy.deepcopy(adapted)
    learn(adapted)
    assert not torch.equal(mean(PICTURES), adapted(PICTURES))
    mean.load_state_dict(adapted.state_dict())
    assert torch.equal(mean(PICTURES), adapted(PICTURES))


@pytest.mark.parametrize("config", [OPEN, PUBLISHED], ids=["open", "published"])
@pytest.mark.parametrize("width", [16, 64])
def test_a_person_is_less_than_a_twentieth_of_the_base(config, width):
    with torch.device("meta"):
        coarse = CoarseNet(config.coarse)
        student = DisplacementMae(config.detail.student)
        bases = [sum(p.numel() for p in net.parameters()) for net in (coarse, student)]
        adapted = Adapted(coarse, width), AdaptedSkin(student, width)
    learned = [sum(t.numel() for t in one.state_dict().values()) for one in adapted]
    assert [one.share for one in adapted] == [n / base for n, base in zip(learned, bases, strict=True)]
    if config is PUBLISHED or width == 16:
        assert max(one.share for one in adapted) < 0.05
    assert 2 * sum(learned) < 15e6  # bytes of the person's file in half precision
