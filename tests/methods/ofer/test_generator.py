import copy
import pickle

import pytest
import torch

from manyfaces.diffusion import ANCESTRAL, FAST, SamplerConfig, ScheduleConfig, sample, unit_noise
from manyfaces.methods.ofer.config import UNetConfig
from manyfaces.methods.ofer.generator import CoefficientGenerator
from manyfaces.nn import Execution

SMALL = UNetConfig(widths=(16, 8), heads=2, head_dim=4, n_qkv=3, time_dim=16)


@pytest.fixture
def generator():
    torch.manual_seed(0)
    return CoefficientGenerator(6, 5, SMALL, ScheduleConfig(n_steps=40), standardised=False)


def draw(generator, sampler=FAST, n=7):
    context = torch.randn(2, 5, generator=torch.Generator().manual_seed(1))
    return generator.sample(context, n, torch.Generator().manual_seed(2), sampler)


@pytest.mark.parametrize("sampler", [SamplerConfig(n_steps=8), ANCESTRAL], ids=["fast", "ddpm"])
def test_samples_are_those_of_the_plain_network(generator, sampler):
    context = torch.randn(2, 5, generator=torch.Generator().manual_seed(1))[:, None]
    stream = torch.Generator().manual_seed(2)
    noise = unit_noise((2, 7, 6), stream)
    with torch.no_grad():
        plain = sample(
            sampler, lambda x, t: generator.net(x, torch.tensor(t), context), generator.schedule, noise, stream
        )
    assert torch.allclose(draw(generator, sampler), plain, atol=1e-4)


def test_samples_follow_the_weights(generator):
    before = draw(generator)
    assert torch.equal(draw(generator), before)
    with torch.no_grad():
        generator.net.init_conv.weight.mul_(1.5)
    assert not torch.allclose(draw(generator), before)
    fresh = copy.deepcopy(generator)
    assert torch.equal(draw(fresh), draw(generator))
    fresh.net.load_state_dict(
        CoefficientGenerator(6, 5, SMALL, ScheduleConfig(n_steps=40), standardised=False).net.state_dict()
    )
    assert not torch.allclose(draw(fresh), draw(generator))


def test_samples_follow_the_execution(generator):
    before = draw(generator)
    generator.execution = Execution(precision="bfloat16")
    rough = draw(generator)
    assert not torch.equal(rough, before)
    assert torch.allclose(rough, before, atol=0.3)
    generator.execution = Execution()
    assert torch.equal(draw(generator), before)


def test_copies_and_pickles_leave_the_frozen_network_behind(generator):
    expected = draw(generator)
    for other in (copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))):
        assert "_frozen" in vars(other)
        assert vars(other)["_frozen"] is None
        assert torch.equal(draw(other), expected)


def test_inference_mode(generator):
    expected = draw(generator)
    with torch.inference_mode():
        made_there = copy.deepcopy(generator)
        assert torch.equal(draw(made_there), expected)
    assert torch.equal(draw(made_there), expected)
