import math

import pytest
import torch
import torch.nn.functional as F

from manyfaces.core.errors import ConfigError
from manyfaces.nn import UNet1D
from manyfaces.nn.blocks import Attention, Block, Pointwise


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return UNet1D(7, 5, (24, 12, 6), heads=2, head_dim=4, n_qkv=3, time_dim=16)


def inputs(n):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, 7, generator=generator)
    return x, torch.arange(n) * 37, torch.randn(n, 5, generator=generator)


def test_paper_sizes():
    # 6,246,954 in the tensors of the published checkpoint, 6,205,440 in the projections that it never trained.
    net = UNet1D(300, 512, (300, 50, 10))
    assert sum(p.numel() for p in net.parameters()) == 6_246_954 + 6_205_440
    names = net.state_dict()
    assert names["downs.0.0.block1.proj.weight"].shape == (300, 300, 1)
    assert names["ups.0.1.mlp.1.weight"].shape == (100, 1024)
    assert names["finals.0.1.fn.fn.to_out_linear.weight"].shape == (1, 16)
    assert names["mid_attn.fn.fn.to_qkv.weight"].shape == (16 * 384, 10, 1)
    assert "res_conv.weight" not in {n.split(".", 3)[-1] for n in names if n.startswith("downs")}


def test_rows_are_independent(net):
    x, t, context = inputs(5)
    whole = net(x, t, context)
    assert whole.shape == x.shape
    for i in range(5):
        assert torch.allclose(net(x[i : i + 1], t[i : i + 1], context[i : i + 1])[0], whole[i], atol=1e-6)


def test_output_depends_on_everything(net):
    x, t, context = inputs(2)
    base = net(x, t, context)
    assert (net(x + 0.1, t, context) - base).abs().max() > 1e-4
    assert (net(x, t + 100, context) - base).abs().max() > 1e-4
    assert (net(x, t, context + 1.0) - base).abs().max() > 1e-4


def test_gradients_reach_every_parameter(net):
    x, t, context = inputs(8)
    net.zero_grad()
    net(x, t, context).square().mean().backward()
    dead = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert not dead
    assert sum("to_qkv" in n for n, _ in net.named_parameters()) == 6
    net.zero_grad()


def test_attention_against_the_slow_definition():
    torch.manual_seed(0)
    attention = Attention(10, heads=2, head_dim=4, n_qkv=3)
    x = torch.randn(5, 10)
    weight = attention.to_qkv.weight[..., 0].view(3, 24, 10)  # one (q, k, v) projection per triple
    triples = torch.stack([x @ w.T for w in weight], -1)  # (5, 24, 3)
    q, k, v = (part.view(5, 2, 4, 3) for part in triples.chunk(3, 1))
    similarity = torch.einsum("bhdi,bhdj->bhij", q * 4**-0.5, k).softmax(-1)
    out = torch.einsum("bhij,bhdj->bhid", similarity, v).permute(0, 1, 3, 2).reshape(5, 8, 3)
    out = F.conv1d(out, attention.to_out.weight, attention.to_out.bias)
    assert torch.allclose(attention(x), attention.to_out_linear(out)[..., 0], atol=1e-6)


def test_block_against_convolution_and_group_norm():
    torch.manual_seed(0)
    block, x = Block(6, 8), torch.randn(4, 6)
    torch.nn.init.normal_(block.norm.weight)
    y = F.conv1d(x[..., None], block.proj.weight, block.proj.bias)
    y = F.group_norm(y, 1, block.norm.weight, block.norm.bias, eps=1e-5)
    scale, shift = torch.randn(4, 8), torch.randn(4, 8)
    expected = F.silu(y[..., 0] * (scale + 1) + shift)
    assert torch.allclose(block(x, torch.cat([scale, shift], -1)), expected, atol=1e-6)


def test_pointwise_starts_like_a_convolution():
    torch.manual_seed(0)
    assert float(Pointwise(100, 400).weight.detach().std()) == pytest.approx(1 / math.sqrt(3 * 100), rel=0.02)


def test_impossible_sizes_are_refused():
    with pytest.raises(ConfigError, match="widths"):
        UNet1D(4, 4, (8,))
    with pytest.raises(ConfigError, match="time_dim"):
        UNet1D(4, 4, (8, 4), time_dim=3)
