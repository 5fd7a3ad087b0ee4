import json
from pathlib import Path

import pytest
import torch

from manyfaces.core.errors import ConfigError
from manyfaces.nn import IResNet

PUBLISHED = Path(__file__).resolve().parent.parent / "data" / "vectors" / "state_dicts.json"


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    net = IResNet((1, 1, 2, 1), dim=8)
    with torch.no_grad():
        for name, buffer in net.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 2)
            elif name.endswith("running_mean"):
                buffer.normal_()
    return net.eval()


def test_names_and_sizes_of_the_published_checkpoint():
    with torch.device("meta"):
        full = IResNet()
    ours = {name: list(tensor.shape) for name, tensor in full.state_dict().items()}
    assert ours == json.loads(PUBLISHED.read_text())["arcface"]
    assert sum(p.numel() for p in full.parameters()) == 65_156_160


def test_a_face_alone_gives_what_it_gives_in_a_batch(net):
    faces = torch.rand(3, 3, 112, 112) * 2 - 1
    torch.testing.assert_close(net(faces[1:2]), net(faces)[1:2], atol=1e-5, rtol=0)


def test_the_last_norm_can_be_left_out(net):
    faces = torch.rand(1, 3, 112, 112) * 2 - 1
    norm = net.features
    expected = (net.unnormalised(faces) - norm.running_mean) / (norm.running_var + 1e-5).sqrt() + norm.bias
    torch.testing.assert_close(net(faces), expected, atol=1e-5, rtol=1e-5)


def test_every_stage_halves_the_picture(net):
    faces, sides = torch.zeros(1, 3, 112, 112), []
    stages = (net.layer1, net.layer2, net.layer3, net.layer4)
    handles = [s.register_forward_hook(lambda _m, _i, out: sides.append(tuple(out.shape[1:]))) for s in stages]
    net(faces)
    for handle in handles:
        handle.remove()
    assert sides == [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]


def test_all_but_the_fixed_gain_can_be_trained(net):
    assert [name for name, p in net.named_parameters() if not p.requires_grad] == ["features.weight"]
    net.zero_grad()
    net(torch.rand(2, 3, 112, 112)).square().sum().backward()
    assert not [n for n, p in net.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]


def test_four_stages():
    with pytest.raises(ConfigError, match="4 stages"):
        IResNet((1, 1, 1))
