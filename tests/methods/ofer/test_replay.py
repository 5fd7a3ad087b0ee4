"""Projections drawn again are those that torch's own constructors make, at the published places."""

import json
import math

import pytest
import torch
from torch import nn

from manyfaces.methods.ofer import PAPER
from manyfaces.methods.ofer.replay import (
    StreamPlace,
    differing,
    find,
    numbers_of_clip,
    numbers_of_iresnet,
    replay,
)
from manyfaces.nn import UNet1D

# The published training of IdGen (seed 0, ArcFace, U-Net), torch 2.13 on CPU: first values of the last projection.
CHECK_VALUES = {
    "downs.0.2": [0.040961, 0.020179, -0.023724, 0.024715],
    "downs.1.2": [-0.059454, 0.009426, 0.131543, -0.065558],
    "ups.0.3": [-0.033349, -0.054378, 0.107282, 0.128561],
    "ups.1.3": [0.042168, 0.0203, 0.013696, -1.5e-05],
    "finals.0.1": [0.028916, 0.04795, 0.025839, 0.03789],
    "mid_attn": [0.226415, -0.297254, -0.229675, 0.093323],
}


@pytest.fixture(scope="module")
def published(repository):
    shapes = json.loads((repository / "tests" / "data" / "vectors" / "state_dicts.json").read_text())
    return {part: {name: tuple(shape) for name, shape in named.items()} for part, named in shapes.items()}


def shapes_of(module):
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


@pytest.fixture(scope="module")
def small():
    return shapes_of(UNet1D(20, 16, (20, 8), heads=2, head_dim=4, time_dim=8))


def last_of(drawn):
    """Attention path -> last projection, as a published file holds it."""
    return {name.partition(".to_qkv.")[0]: weight for name, weight in drawn.items()}


def test_the_published_check_values_are_met(published):
    unet = shapes_of(UNet1D(PAPER.n_identity, PAPER.identity_condition_dim, PAPER.idgen.widths))
    drawn = replay(unet, StreamPlace(0, numbers_of_iresnet(published["arcface"])))
    assert {name: tuple(weight.shape) for name, weight in drawn.items()} == published["idgen.unregistered"]
    for block, values in CHECK_VALUES.items():
        first = drawn[f"{block}.fn.fn.to_qkv.15.weight"][0, :4, 0]
        assert first.tolist() == pytest.approx(values, abs=6e-7)


def test_the_preambles_take_the_numbers_that_were_counted(published):
    assert numbers_of_iresnet(published["arcface"]) == 117_305_216
    assert numbers_of_clip(published["farl"]) > sum(math.prod(s) for s in published["farl"].values())


def build_block(d_model):
    """CLIP's residual block, as far as it draws."""
    attention = nn.MultiheadAttention(d_model, 2)
    return attention, nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)


def test_clip_takes_the_numbers_of_torchs_constructors():
    width, text, length, words, dim, patches = 32, 16, 6, 20, 16, 5
    state = torch.get_rng_state()
    torch.manual_seed(7)
    tensors = {"visual.conv1.weight": nn.Conv2d(3, width, 4, bias=False).weight}
    for name, shape in {
        "class_embedding": (width,),
        "positional_embedding": (patches, width),
        "proj": (width, dim),
    }.items():
        tensors[f"visual.{name}"] = torch.randn(shape)

    def block(tower, d_model):
        attention, wide, narrow = build_block(d_model)
        stem = f"{tower}transformer.resblocks.0"
        tensors.update({f"{stem}.attn.{name}": p for name, p in attention.named_parameters()})
        tensors.update({f"{stem}.mlp.c_fc.{name}": p for name, p in wide.named_parameters()})
        tensors.update({f"{stem}.mlp.c_proj.{name}": p for name, p in narrow.named_parameters()})
        tensors[f"{stem}.ln_1.weight"] = torch.ones(d_model)
        return attention.in_proj_weight, attention.out_proj.weight, wide.weight, narrow.weight

    block("visual.", width)
    matrices = block("", text)
    tensors |= {"token_embedding.weight": nn.Embedding(words, text).weight, "logit_scale": torch.ones([])}
    tensors |= {"positional_embedding": torch.empty(length, text), "text_projection": torch.empty(text, dim)}
    tensors |= {"ln_final.weight": torch.ones(text), "visual.ln_post.bias": torch.ones(width)}
    named = ("token_embedding.weight", "positional_embedding", "text_projection")
    for tensor in (*(tensors[name] for name in named), *matrices):
        nn.init.normal_(tensor)
    after = torch.rand(4)
    torch.set_rng_state(state)
    count = numbers_of_clip({name: tuple(tensor.shape) for name, tensor in tensors.items()})
    generator = torch.Generator().manual_seed(7)
    torch.rand(count, generator=generator)
    assert torch.equal(torch.rand(4, generator=generator), after)


def test_the_global_generator_stays_where_it_was(small):
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    held = last_of(replay(small, StreamPlace(0, 100)))
    find(small, held, 0, 1000)
    assert torch.equal(torch.rand(3), wanted)


def test_one_wrong_number_is_seen(small):
    drawn = replay(small, StreamPlace(0, 100))
    held = last_of(drawn)
    assert differing(drawn, held) == []
    spoilt = {path: weight.clone() for path, weight in held.items()}
    spoilt["mid_attn.fn.fn"][-1, -1] += 1e-4
    assert differing(drawn, spoilt) == ["mid_attn.fn.fn"]
    assert differing(replay(small, StreamPlace(1, 100)), held) == list(held)
    assert differing(replay(small, StreamPlace(0, 101)), held) == list(held)
    assert differing(drawn, {"mid_attn.fn.fn": torch.zeros(2, 8, 1)}) == ["mid_attn.fn.fn"]


@pytest.mark.parametrize("start", [0, 12_345, (1 << 22) - 3])
def test_a_network_is_found_wherever_it_was_built(small, start):
    place = StreamPlace(5, start)
    held = last_of(replay(small, place))
    assert find(small, held, 5, start + 20_000) == place
    assert find(small, held, 6, start + 20_000) is None
