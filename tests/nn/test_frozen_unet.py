import copy

import pytest
import torch
from torch import nn

from manyfaces.nn import Execution, FrozenUNet1D, UNet1D
from manyfaces.nn.product import Product

STEPS = [999, 500, 0, 500]


def wild_net(dtype, *sizes, **options):
    """Nothing at its start: gains, offsets and biases all random, or folding them wrongly would go unseen."""
    torch.manual_seed(0)
    net = UNet1D(*sizes, **options)
    for parameter in net.parameters():
        if parameter.squeeze().ndim < 2:
            nn.init.normal_(parameter, std=0.5)
    return net.to(dtype)


@pytest.fixture(scope="module")
def small():
    return wild_net(torch.float64, 7, 5, (24, 12, 6), heads=2, head_dim=4, n_qkv=3, time_dim=16)


def inputs(net, n, photos=2):
    generator, like = torch.Generator().manual_seed(1), next(net.parameters())
    noisy = torch.randn(photos, n, net.dim, generator=generator).to(like)
    return noisy, torch.randn(photos, 1, net.context_dim, generator=generator).to(like)


def error(net, frozen, noisy, context):
    """Worst difference to the plain network over the steps, relative to the largest output."""
    denoiser = frozen.prepare(context, STEPS)
    worst = 0.0
    for t in set(STEPS):
        with torch.no_grad():
            plain = net(noisy, torch.tensor(t), context)
        worst = max(worst, float((denoiser(noisy, t) - plain).abs().max() / plain.abs().max()))
    return worst


@pytest.mark.parametrize("sizes", [(300, 512, (300, 50, 10)), (53, 1024, (53, 25, 10))], ids=["idgen", "expgen"])
def test_papers_sizes_equal_the_plain_network(sizes):
    net = wild_net(torch.float64, *sizes)
    assert error(net, FrozenUNet1D(net), *inputs(net, 3)) < 1e-12
    net = net.float()
    assert error(net, FrozenUNet1D(net), *inputs(net, 3)) < 5e-6


def test_one_context_per_sample(small):
    noisy, _ = inputs(small, 4)
    context = torch.randn(2, 4, 5, dtype=torch.float64)
    assert error(small, FrozenUNet1D(small), noisy, context) < 1e-12


def test_vectors_without_batch(small):
    noisy, context = inputs(small, 1)
    assert error(small, FrozenUNet1D(small), noisy[0, 0], context[0, 0]) < 1e-12


def test_bfloat16_is_near_and_returns_the_inputs_format():
    net = wild_net(torch.float32, 40, 16, (64, 32, 16), heads=2, head_dim=8, n_qkv=4, time_dim=16)
    noisy, context = inputs(net, 20)
    frozen = FrozenUNet1D(net, Execution(precision="bfloat16"))
    assert frozen.prepare(context, STEPS)(noisy, 0).dtype == torch.float32
    assert 1e-4 < error(net, frozen, noisy, context) < 0.1


def test_does_not_follow_the_weights(small):
    net = copy.deepcopy(small)
    frozen, (noisy, context) = FrozenUNet1D(net), inputs(net, 2)
    before = frozen.prepare(context, STEPS)(noisy, 0)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.1)
    assert torch.equal(frozen.prepare(context, STEPS)(noisy, 0), before)


@pytest.mark.parametrize("rows", [(), (1,), (3, 15), (400,), (0,)])
@pytest.mark.parametrize("biased", [True, False])
def test_packed_product(rows, biased):
    torch.manual_seed(0)
    weight, bias, x = torch.randn(256, 300), torch.randn(256) if biased else None, torch.randn(*rows, 300)
    expected = torch.nn.functional.linear(x.double(), weight.double(), None if bias is None else bias.double())
    assert torch.allclose(Product(weight, bias, torch.float32)(x).double(), expected, atol=1e-3, rtol=1e-5)
