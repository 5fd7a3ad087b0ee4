import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from manyfaces.core.errors import ConfigError
from manyfaces.nn import ClipVisualTower
from manyfaces.nn.clip_vit import SelfAttention

PUBLISHED = Path(__file__).resolve().parent.parent / "data" / "vectors" / "state_dicts.json"


@pytest.fixture(scope="module")
def tower():
    torch.manual_seed(0)
    return ClipVisualTower(dim=6, width=32, n_blocks=2, heads=4, patch_px=8, side_px=24).eval()


def test_names_and_sizes_of_the_published_checkpoint():
    with torch.device("meta"):
        full = ClipVisualTower()
    ours = {name: list(tensor.shape) for name, tensor in full.state_dict().items()}
    published = json.loads(PUBLISHED.read_text())["farl"]
    assert ours == {name: shape for name, shape in published.items() if name.startswith("visual.")}
    assert sum(p.numel() for p in full.parameters()) == 86_192_640


def test_attention_is_torchs():
    torch.manual_seed(0)
    ours, theirs = SelfAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    nn.init.normal_(theirs.in_proj_bias)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(2, 5, 12)
    expected = theirs(x, x, x)[0]
    torch.testing.assert_close(ours(x), expected)
    torch.testing.assert_close(ours(x, 2), expected[:, :2])


def test_against_the_definition(tower):
    picture, net = torch.randn(2, 3, 24, 24), tower.visual
    patches = F.unfold(picture, 8, stride=8).mT @ net.conv1.weight.flatten(1).mT  # row by row from the top left
    tokens = torch.cat([net.class_embedding.expand(2, 1, -1), patches], 1) + net.positional_embedding
    x = net.ln_pre(tokens)
    for block in net.transformer.resblocks:  # in full: the last block, too, for all tokens
        x = x + block.attn(block.ln_1(x))
        h = block.mlp.c_fc(block.ln_2(x))
        x = x + block.mlp.c_proj(h * torch.sigmoid(1.702 * h))
    torch.testing.assert_close(tower(picture), net.ln_post(x[:, 0]) @ net.proj, atol=1e-5, rtol=1e-5)


def test_a_picture_alone_gives_what_it_gives_in_a_batch(tower):
    pictures = torch.randn(3, 3, 24, 24)
    torch.testing.assert_close(tower(pictures[2:]), tower(pictures)[2:])


def test_gradients_reach_every_parameter(tower):
    tower.zero_grad()
    tower(torch.randn(2, 3, 24, 24)).square().sum().backward()
    assert not [n for n, p in tower.named_parameters() if p.grad is None or not p.grad.any()]


def test_sizes_must_fit():
    with pytest.raises(ConfigError, match="divide"):
        ClipVisualTower(width=30, heads=4)
