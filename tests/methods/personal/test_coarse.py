"""The coarse network: where it starts, and in which units and light it speaks."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from manyfaces.core.config import from_dict, to_dict
from manyfaces.core.errors import InputError
from manyfaces.methods.personal import OPEN, PUBLISHED, CoarseNet, PersonalConfig


@pytest.fixture
def config(personal_stand_in):
    return personal_stand_in.TINY.coarse


@pytest.mark.parametrize("config_of", [OPEN, PUBLISHED])
def test_sizes_make_a_round_trip(config_of):
    assert from_dict(PersonalConfig, to_dict(config_of)) == config_of


def test_published_sizes():
    with torch.device("meta"):
        published, small = CoarseNet(PUBLISHED.coarse), CoarseNet(OPEN.coarse)
    transformer = sum(p.numel() for p in published.vit.parameters())
    assert transformer == 85_798_656 + 60 * 768  # ViT-B/16 on 256 pixels
    assert published(torch.rand(1, 3, 256, 256, device="meta")).shape == (1, PUBLISHED.coarse.layout.size)
    assert sum(p.numel() for p in small.parameters()) < 4e6
    assert PUBLISHED.coarse.projection == "orthographic"
    assert PUBLISHED.coarse.white_light
    assert PUBLISHED.coarse.picture_px == PUBLISHED.detail.side_px == 256


def test_it_starts_as_the_mean_face(config):
    net = CoarseNet(config).eval()
    faces = 2 + torch.randn(30, config.layout.size)
    net.fit_scale(faces)
    said = net(torch.rand(2, 3, 32, 32))
    torch.testing.assert_close(said, faces.mean(0).expand(2, -1))
    plain = CoarseNet(replace(config, scaled=False)).eval()
    assert not plain(torch.rand(1, 3, 32, 32)).any()


def test_it_speaks_in_deviations_of_the_training_faces(config, personal_stand_in):
    net = personal_stand_in.coarse_net(config)
    picture = torch.rand(1, 3, 32, 32)
    raw = net.head(net.vit(picture))
    torch.testing.assert_close(net(picture), net.mean + net.deviation * raw)


def test_white_light_is_the_mean_of_the_three(config, personal_stand_in):
    coloured = personal_stand_in.coarse_net(config)
    white = CoarseNet(replace(config, white_light=True)).eval()
    white.load_state_dict(coloured.state_dict())
    picture = torch.rand(2, 3, 32, 32)
    before, after = (config.layout.split(net(picture)) for net in (coloured, white))
    assert torch.equal(after.light[:, 0], after.light[:, 1])
    torch.testing.assert_close(after.light[:, 0], before.light.mean(1))
    assert not torch.allclose(before.light[:, 0], before.light[:, 1])
    for name in ("identity", "expression", "albedo", "angles", "translation"):
        assert torch.equal(getattr(after, name), getattr(before, name)), name


def test_all_of_it_learns(config, personal_stand_in):
    net = personal_stand_in.coarse_net(config)
    net(torch.rand(2, 3, 32, 32)).pow(2).sum().backward()
    assert not [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]


def test_the_last_layer_alone_starts_at_zero(config):
    net = CoarseNet(config)
    dense = [module for module in net.head if isinstance(module, nn.Linear)]
    assert [bool(layer.weight.any()) for layer in dense] == [True, False]
    assert [layer.out_features for layer in dense] == [config.hidden, config.layout.size]


def test_crops_of_another_size_are_refused(config):
    with pytest.raises(InputError, match="pictures of 32 x 32 pixels, not 40 x 40"):
        CoarseNet(config)(torch.rand(1, 3, 40, 40))
