"""The blocks that ViT and MAE share."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from manyfaces.nn.transformer import Block, PatchEmbedding, SelfAttention, sine_positions


@pytest.fixture
def block():
    torch.manual_seed(0)
    return Block(12, 3)


def test_attention_is_torchs():
    torch.manual_seed(0)
    ours, theirs = SelfAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    state = theirs.state_dict()
    names = {"qkv.weight": "in_proj_weight", "qkv.bias": "in_proj_bias"}
    ours.load_state_dict({n: state[names.get(n, n.replace("proj", "out_proj"))] for n in ours.state_dict()})
    x = torch.randn(2, 5, 12)
    torch.testing.assert_close(ours(x), theirs(x, x, x)[0])


def test_a_block_is_its_definition(block):
    x = torch.randn(2, 5, 12)
    y = x + block.attn(F.layer_norm(x, (12,), block.norm1.weight, block.norm1.bias, 1e-6))
    h = block.mlp.fc1(F.layer_norm(y, (12,), block.norm2.weight, block.norm2.bias, 1e-6))
    h = 0.5 * h * (1 + torch.erf(h / math.sqrt(2)))  # the exact GELU
    torch.testing.assert_close(block(x), y + block.mlp.fc2(h))


def test_a_block_knows_no_order(block):
    x, order = torch.randn(2, 7, 12), torch.randperm(7)
    torch.testing.assert_close(block(x[:, order]), block(x)[:, order])


def test_norms_divide_by_small_deviations_too(block):
    # With torch's own epsilon, 1e-5, a deviation of 1e-3 would come out as 0.30 and not as 0.71.
    x = 1e-3 * torch.tensor([1.0, -1.0]).repeat(6)
    torch.testing.assert_close(block.norm1(x).abs(), torch.full((12,), 2**-0.5), rtol=1e-3, atol=0)


def test_the_adapter_sees_the_feed_forward_part_alone(block):
    x = torch.randn(2, 5, 12)
    plain = block(x)
    attended = x + block.attn(block.norm1(x))
    block.adapter = nn.Identity()
    assert torch.equal(block(x), plain)
    block.adapter = nn.Threshold(math.inf, 0.0)  # nothing passes
    assert torch.equal(block(x), attended)


def test_patches_are_read_row_by_row():
    torch.manual_seed(0)
    embedding, picture = PatchEmbedding(2, 5, 4), torch.randn(3, 2, 8, 12)
    expected = F.unfold(picture, 4, stride=4).mT @ embedding.proj.weight.flatten(1).mT + embedding.proj.bias
    torch.testing.assert_close(embedding(picture), expected)


def test_sine_positions():
    positions = sine_positions(8, 3)
    assert positions.shape == (1, 10, 8)
    assert not positions[0, 0].any()
    row, column = 2, 1
    waves = [f(place * frequency) for place in (column, row) for f in (math.sin, math.cos) for frequency in (1, 0.01)]
    torch.testing.assert_close(positions[0, 1 + 3 * row + column], torch.tensor(waves))
