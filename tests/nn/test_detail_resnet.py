"""The ablation's network of displacement maps."""

import torch

from manyfaces.nn.detail_resnet import DetailResNetConfig, DisplacementResNet
from manyfaces.nn.resnet import ResNetConfig

TINY = DetailResNetConfig(ResNetConfig((1, 1), widths=(4, 8), stem=4), n_detail=6, n_drive=5, widths=(8, 6, 4))


def test_published_size():
    assert DetailResNetConfig().side_px == 256


def test_displacements_start_small_and_follow_the_drive():
    torch.manual_seed(0)
    network = DisplacementResNet(TINY)
    pictures, drive = torch.rand(3, 3, 40, 40), torch.randn(3, 5)
    network(pictures, drive)  # statistics of the norms
    network.eval()
    displacement = network(pictures, drive)
    assert displacement.shape == (3, TINY.side_px, TINY.side_px) == (3, 32, 32)
    assert 0 < displacement.abs().max() < 1e-3
    assert not torch.equal(network(pictures, drive.flip(0)), displacement)


def test_gradients_reach_every_parameter_and_weights_make_a_round_trip():
    torch.manual_seed(0)
    network, other = DisplacementResNet(TINY), DisplacementResNet(TINY)
    inputs = torch.rand(2, 3, 40, 40), torch.randn(2, 5)
    network(*inputs).square().sum().backward()
    assert not [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    other.load_state_dict(network.state_dict(), strict=True)
    assert torch.equal(other.eval()(*inputs), network.eval()(*inputs))
