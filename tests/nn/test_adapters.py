"""Adapters leave the base what it is, and learn."""

import copy

import pytest
import torch
from torch import nn

from manyfaces.core.errors import ConfigError, WeightError
from manyfaces.nn import Adaptation, insert_adapters
from manyfaces.nn.adapters import Adapter
from manyfaces.nn.mae import MAE_BASE, DisplacementMae, MaeConfig
from manyfaces.nn.vit import VIT_BASE, ViT, ViTConfig

ENCODER = ViTConfig(width=16, n_blocks=2, heads=4, side_px=24, patch_px=8)
MAPS = torch.rand(2, 3, 24, 24), torch.rand(2, 24, 24)


@pytest.fixture
def mae():
    torch.manual_seed(0)
    return DisplacementMae(MaeConfig(ENCODER, width=8, n_blocks=2, heads=2))


@pytest.fixture
def adaptation(mae):
    return insert_adapters(mae, 4, extras=("detail_latent",))


def learn(network: nn.Module, adaptation: Adaptation, steps: int = 3) -> None:
    optimiser = torch.optim.Adam(adaptation.trainable.values(), lr=1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        (network(*MAPS) - 0.005).square().mean().backward()
        optimiser.step()


def bits(state):
    return {name: tensor.numpy().tobytes() for name, tensor in state.items()}


def count(parameters):
    return sum(p.numel() for p in parameters)


def test_published_counts():
    with torch.device("meta"):
        vit, mae = ViT(VIT_BASE), DisplacementMae(MAE_BASE)
        assert count(Adapter(768, 64).parameters()) == 99_136
        n_vit, n_mae = count(vit.parameters()), count(mae.parameters())
        of_vit = insert_adapters(vit, 64).trainable
        of_mae = insert_adapters(mae, 64, ("detail_latent",)).trainable
    adapters = count(p for name, p in of_vit.items() if ".adapter." in name)
    assert adapters == 12 * 99_136
    assert adapters / n_vit == pytest.approx(0.0139, abs=5e-5)
    assert count(of_vit.values()) - adapters == 38_400  # layer norms
    in_mae = count(p for name, p in of_mae.items() if ".adapter." in name)
    assert in_mae / n_mae == pytest.approx(0.0154, abs=5e-5)
    assert (count(of_vit.values()) + count(of_mae.values())) / (n_vit + n_mae) < 0.05
    # As half precision, a person's file holds less than 15 MB.
    assert 2 * (count(of_vit.values()) + count(of_mae.values())) < 15e6


def test_an_adapter_is_a_detour():
    torch.manual_seed(0)
    adapter, x = Adapter(6, 3), torch.randn(5, 6)
    assert torch.equal(adapter(x), x)
    nn.init.normal_(adapter.up.weight)
    nn.init.normal_(adapter.up.bias)
    expected = x + adapter.up(nn.functional.gelu(adapter.down(x)))
    assert torch.equal(adapter(x), expected)
    assert not torch.equal(expected, x)


def test_the_way_down_starts_small():
    torch.manual_seed(0)
    weight = Adapter(768, 64).down.weight
    assert weight.abs().max() <= 2e-3
    assert weight.std().item() == pytest.approx(0.88e-3, rel=0.02)  # a normal cut at two deviations


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_outputs_are_the_bases_before_learning(dtype):
    torch.manual_seed(0)
    vit = ViT(ENCODER).to(dtype)
    picture = torch.rand(2, 3, 24, 24, dtype=dtype)
    before = vit(picture)
    insert_adapters(vit, 4)
    assert all(block.adapter.down.weight.dtype == dtype for block in vit.blocks)
    assert torch.equal(vit(picture), before)


def test_outputs_are_the_bases_under_autocast():
    torch.manual_seed(0)
    vit, picture = ViT(ENCODER), torch.rand(2, 3, 24, 24)
    with torch.autocast("cpu", torch.bfloat16):
        before = vit(picture)
        insert_adapters(vit, 4)
        assert torch.equal(vit(picture), before)


def test_what_learns(mae, adaptation):
    mae(*MAPS).square().sum().backward()
    learned = {name for name, p in mae.named_parameters() if p.grad is not None}
    assert learned == set(adaptation.trainable)
    assert all(mae.get_parameter(name) is p for name, p in adaptation.trainable.items())
    assert {name.split(".")[-2] for name in learned if "." in name} == {
        *("norm", "norm1", "norm2", "decoder_norm"),
        *("down", "up"),
    }
    assert "detail_latent" in learned
    assert sum(".adapter.up.weight" in name for name in learned) == 4  # one in each block, encoder and decoder


def test_the_base_survives_learning_bit_for_bit(mae):
    untouched = copy.deepcopy(mae)
    before, weights = mae(*MAPS), bits(mae.state_dict())
    adaptation = insert_adapters(mae, 4, extras=("detail_latent",))
    learn(mae, adaptation)
    after = mae(*MAPS)
    assert not torch.allclose(after, before)
    tuned = {name: own for name, own in adaptation.trainable.items() if ".adapter." not in name}
    assert not [name for name, own in tuned.items() if torch.equal(own, untouched.get_parameter(name))]
    with adaptation.off():
        assert torch.equal(mae(*MAPS), before)
        assert bits(mae.state_dict()) == weights
        assert not any(p.requires_grad for p in mae.parameters())
        with adaptation.off():
            pass
        assert torch.equal(mae(*MAPS), before)  # an inner context does not end the outer
    assert torch.equal(mae(*MAPS), after)
    adaptation.remove()
    assert torch.equal(mae(*MAPS), before)
    assert bits(mae.state_dict()) == weights
    assert all(p.requires_grad for p in mae.parameters())
    untouched.load_state_dict(mae.state_dict(), strict=True)


def test_off_ends_with_an_error_too(mae, adaptation):
    learn(mae, adaptation)
    after = mae(*MAPS)
    with pytest.raises(RuntimeError), adaptation.off():
        raise RuntimeError
    assert torch.equal(mae(*MAPS), after)


def test_a_recorded_graph_outlives_a_switch(mae, adaptation):
    # As where one step compares a person's output with the base's.
    loss = mae(*MAPS).square().sum()
    loss.backward(retain_graph=True)
    expected = {name: p.grad.clone() for name, p in adaptation.trainable.items()}
    mae.zero_grad()
    with adaptation.off():
        loss.backward()
    assert all(torch.equal(p.grad, expected[name]) for name, p in adaptation.trainable.items())


def test_what_was_frozen_stays_frozen_in_the_end(mae):
    mae.patch_embed.requires_grad_(False)
    insert_adapters(mae, 4).remove()
    frozen = {name for name, p in mae.named_parameters() if not p.requires_grad}
    assert frozen == {"patch_embed.proj.weight", "patch_embed.proj.bias"}


def test_people_share_a_base(mae, adaptation):
    nobody = adaptation.state()
    learn(mae, adaptation, 2)
    anna, of_anna = adaptation.state(), mae(*MAPS)
    learn(mae, adaptation, 2)  # anna's copy does not move along
    assert not torch.equal(mae(*MAPS), of_anna)
    adaptation.load(anna)
    assert torch.equal(mae(*MAPS), of_anna)
    assert bits(adaptation.state()) == bits(anna)
    adaptation.load(nobody)
    with adaptation.off():
        base = mae(*MAPS)
    assert torch.equal(mae(*MAPS), base)


def test_a_person_moves_to_another_copy_of_the_network(mae):
    other = copy.deepcopy(mae)
    adaptation = insert_adapters(mae, 4, extras=("detail_latent",))
    learn(mae, adaptation)
    insert_adapters(other, 4, extras=("detail_latent",)).load(adaptation.state())
    assert torch.equal(other(*MAPS), mae(*MAPS))
    assert bits(other.state_dict()) == bits(mae.state_dict())


@pytest.mark.parametrize("is_off", [False, True])
def test_what_is_out_of_the_network_follows_it_to_another_precision(mae, adaptation, is_off):
    maps = tuple(x.double() for x in MAPS)
    if is_off:
        with adaptation.off():
            mae.double()
            base = mae(*maps)
    else:
        mae.double()
        with adaptation.off():
            base = mae(*maps)
    assert {p.dtype for p in mae.parameters()} == {torch.float64}
    assert torch.equal(mae(*maps), base)  # nothing is learned yet


def test_states_must_fit(mae, adaptation):
    state = adaptation.state()
    with pytest.raises(WeightError, match="1 tensors are missing or unknown, blocks"):
        adaptation.load({name: t for name, t in state.items() if name != "blocks.0.adapter.down.bias"})
    wide = {name: t if "adapter" not in name else t.new_ones(9, *t.shape[1:]) for name, t in state.items()}
    with pytest.raises(WeightError, match="insert adapters of the file's width"):
        adaptation.load(wide)
    assert bits(adaptation.state()) == bits(state)


def test_what_cannot_be_adapted(mae):
    with pytest.raises(ConfigError, match="Linear has no transformer blocks"):
        insert_adapters(nn.Linear(2, 2), 4)
    with pytest.raises(ConfigError, match="no parameter detail_laten, pos_embed"):
        insert_adapters(mae, 4, extras=("detail_laten", "pos_embed"))
    insert_adapters(mae, 4)
    with pytest.raises(ConfigError, match="adapted already"):
        insert_adapters(mae, 4)


def test_a_block_alone_can_be_adapted(mae):
    adaptation = insert_adapters(mae.blocks[0], 4)
    assert {"adapter.up.bias", "norm2.weight"} < set(adaptation.trainable)
