"""The residual networks."""

import pytest
import torch

from manyfaces.nn.resnet import RESNET50, ResNet, ResNetConfig


def test_resnet50_has_the_public_tensors():
    with torch.device("meta"):
        state = ResNet(RESNET50).state_dict()
    # The public ImageNet weights without their classifier: 25,557,032 - 2,049,000 parameters, and the running means.
    parameters = {n: t for n, t in state.items() if "running" not in n and "num_batches" not in n}
    assert sum(t.numel() for t in parameters.values()) == 23_508_032
    assert state["layer3.5.conv2.weight"].shape == (256, 256, 3, 3)
    assert state["layer1.0.downsample.0.weight"].shape == (256, 64, 1, 1)
    assert "fc.weight" not in state


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_features_of_a_small_network(block):
    config = ResNetConfig((1, 2), widths=(8, 16), stem=8, block=block)
    network = ResNet(config).eval()
    pictures = torch.rand(3, 3, 32, 48)
    features = network(pictures)
    assert features.shape == (3, config.n_features)
    assert network.spatial(pictures).shape == (3, config.n_features, 4, 6)
    torch.testing.assert_close(features[1:2], network(pictures[1:2]), rtol=1e-4, atol=1e-5)


def test_a_unit_without_its_convolutions_is_its_shortcut():
    network = ResNet(ResNetConfig((1,), widths=(8,), stem=8)).eval()
    torch.nn.init.zeros_(network.layer1[0].bn2.weight)
    x = torch.rand(1, 8, 5, 5)
    torch.testing.assert_close(network.layer1(x), x)
