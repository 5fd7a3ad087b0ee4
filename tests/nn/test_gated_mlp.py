import pytest
import torch
import torch.nn.functional as F

from manyfaces.core.errors import ConfigError
from manyfaces.nn import GatedMLP


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return GatedMLP(6, 9, (64, 32), 4)


def test_against_the_definition(net):
    shared, own, condition = torch.randn(5, 6), torch.randn(5, 9), torch.randn(5, 4)
    x = torch.cat([shared, own], -1)
    for layer in net.ranklayers:
        h = F.linear(x, layer.mlp.weight, layer.mlp.bias)
        if layer.gn is not None:
            h = F.group_norm(F.selu(h), 8, layer.gn.weight, layer.gn.bias)
        scale = condition @ layer.scale.weight.T + layer.scale.bias
        x = h * torch.sigmoid(scale) + condition @ layer.shift.weight.T
    assert torch.allclose(net(shared, own, condition), x[:, 0], atol=1e-6)


def test_shared_parts_broadcast_and_rows_are_independent(net):
    shared, own, condition = torch.randn(2, 1, 6), torch.randn(2, 7, 9), torch.randn(2, 1, 4)
    scores = net(shared, own, condition)
    assert scores.shape == (2, 7)
    alone = net(shared[1:], own[1:, 3:4], condition[1:])  # one image, one candidate
    assert torch.allclose(alone[0, 0], scores[1, 3], atol=1e-6)


def test_gradients_reach_every_parameter(net):
    net(torch.randn(5, 6), torch.randn(5, 9), torch.randn(5, 4)).square().mean().backward()
    assert not [n for n, p in net.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]


def test_names_and_sizes_of_the_paper():
    with torch.device("meta"):
        paper = GatedMLP(5355, 5355, (4096, 1024, 256, 64), 1024)
    assert sum(p.numel() for p in paper.parameters()) == 59_505_986
    assert len(paper.state_dict()) == 33
    assert paper.state_dict()["ranklayers.4.mlp.weight"].shape == (1, 64)


def test_widths_must_fit_the_groups():
    with pytest.raises(ConfigError, match="multiples of 8"):
        GatedMLP(4, 4, (36,), 4)
    with pytest.raises(ConfigError, match="at least 32"):
        GatedMLP(4, 4, (64, 16), 4)
