"""The paper's encoders: what they say, what they hold, what is never trained."""

import json

import pytest
import torch
from torch import nn

from manyfaces.core.errors import ChoiceError
from manyfaces.detect import FaceCrops
from manyfaces.methods.ofer.image_encoder import PAPER_ENCODERS, ArcFaceEncoder, FarlArcFaceEncoder
from manyfaces.nn import IResNet


@pytest.fixture(scope="module")
def crops():
    generator = torch.Generator().manual_seed(0)
    return FaceCrops(
        2 * torch.rand(3, 3, 112, 112, generator=generator) - 1, torch.randn(3, 3, 224, 224, generator=generator)
    )


@pytest.fixture
def network():
    """The shallowest network of ArcFace's kind, its last norm not without effect."""
    torch.manual_seed(0)
    network = IResNet((1, 1, 1, 1))
    nn.init.normal_(network.features.running_mean)
    return network


class Mean(nn.Module):
    def forward(self, portrait):
        return nn.functional.pad(portrait.mean((2, 3)), (0, 509))


@torch.no_grad()
def test_arcface_gives_vectors_of_length_one(network, crops):
    encoder = ArcFaceEncoder(network).eval()
    raw = network(crops.aligned)
    condition = encoder(crops)
    torch.testing.assert_close(condition, raw / raw.norm(dim=1, keepdim=True))
    torch.testing.assert_close(encoder(crops.at(slice(1, 2)))[0], condition[1], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_farl_comes_first_and_as_it_is(network, crops):
    encoder = FarlArcFaceEncoder(network, Mean()).eval()
    condition = encoder(crops)
    torch.testing.assert_close(condition[:, :3], crops.portrait.mean((2, 3)))
    torch.testing.assert_close(condition[:, 512:], ArcFaceEncoder(network).eval()(crops))


@torch.no_grad()
def test_the_last_norm_can_be_left_out(network, crops):
    encoder = ArcFaceEncoder(network).eval()
    encoder.skips_last_norm = True
    # The norm's own arithmetic undone: gain one, no bias.
    raw = network(crops.aligned) * (network.features.running_var + network.features.eps).sqrt()
    raw = raw + network.features.running_mean
    torch.testing.assert_close(encoder(crops), nn.functional.normalize(raw), atol=1e-5, rtol=1e-4)


def test_what_comes_before_layer4_never_moves(network, crops):
    encoder = ArcFaceEncoder(network, freeze="layer4").train()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    optimiser = torch.optim.SGD([p for p in encoder.parameters() if p.requires_grad], lr=1.0)
    encoder(crops)[:, 0].sum().backward()
    optimiser.step()
    moved = {name for name, value in encoder.state_dict().items() if not torch.equal(value, before[name])}
    parts = {name.split(".")[1] for name in moved}
    assert parts == {"layer4", "bn2", "fc", "features"}
    assert "arcface.features.weight" not in moved, "its gain is one for good"
    assert "arcface.bn2.running_mean" in moved
    assert encoder.training
    assert not any(module.training for name, module in network.named_modules() if name.startswith(("bn1", "layer3")))


def test_nothing_is_frozen_unless_asked(network):
    encoder = FarlArcFaceEncoder(network, Mean())
    assert encoder.arcface.conv1.weight.requires_grad
    assert encoder.arcface.bn1.training
    with pytest.raises((ChoiceError, TypeError), match="layer4"):
        ArcFaceEncoder(network, freeze="layer3")


def test_tensors_are_named_as_published(repository):
    published = json.loads((repository / "tests/data/vectors/state_dicts.json").read_text())
    with torch.device("meta"):
        states = {part: make().state_dict() for part, make in PAPER_ENCODERS.items()}
    arcface = {f"arcface.{name}" for name in published["arcface"]}
    farl = {f"farl.{name}" for name in published["farl"] if name.startswith("visual.")}
    assert set(states["idgen"]) == arcface
    assert set(states["idrank"]) == set(states["expgen"]) == arcface | farl
