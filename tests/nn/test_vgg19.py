"""Features of VGG-19."""

import pytest
import torch
import torch.nn.functional as F

from manyfaces.core.errors import ChoiceError, ConfigError
from manyfaces.nn.vgg19 import LAYERS, Vgg19Features


def test_the_trap_in_the_names():
    # Places in torchvision's `features`; counting ReLUs with the convolutions would give 10 and 19.
    assert (LAYERS.index("conv3_2"), LAYERS.index("conv4_2")) == (12, 21)
    assert (LAYERS[11], LAYERS[13], LAYERS[22]) == ("relu3_1", "relu3_2", "relu4_2")
    assert [LAYERS.index(f"pool{block}") for block in range(1, 6)] == [4, 9, 18, 27, 36]
    assert len(LAYERS) == len(set(LAYERS)) == 37


def test_tensors_of_the_public_weights():
    with torch.device("meta"):
        state = Vgg19Features(["pool5"]).state_dict()
    places = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    assert list(state) == [f"features.{place}.{part}" for place in places for part in ("weight", "bias")]
    assert sum(t.numel() for t in state.values()) == 20_024_384  # without the classifier's 123,642,856
    assert state["features.12.weight"].shape == (256, 256, 3, 3)
    assert state["features.21.weight"].shape == (512, 512, 3, 3)


def test_nothing_after_the_deepest_layer_is_there():
    with torch.device("meta"):
        network = Vgg19Features()
    assert len(network.features) == 22
    assert list(network.state_dict())[-1] == "features.21.bias"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Vgg19Features(["relu2_1", "conv2_1", "pool1"])


def test_features_by_name_against_the_definition(network):
    picture = torch.rand(2, 3, 12, 8)
    found = network(picture)
    assert list(found) == ["pool1", "conv2_1", "relu2_1"]
    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]
    x = (picture - mean) / deviation
    for place in (0, 2):
        layer = network.features[place]
        x = F.conv2d(x, layer.weight, layer.bias, padding=1).clamp(min=0)
    torch.testing.assert_close(found["pool1"], F.max_pool2d(x, 2))
    torch.testing.assert_close(found["conv2_1"], network.features[5](found["pool1"]))
    assert found["conv2_1"].min() < 0  # as it was before the ReLU
    assert torch.equal(found["relu2_1"], found["conv2_1"].clamp(min=0))


def test_weights_make_a_round_trip(network):
    other = Vgg19Features(["relu2_1"])
    other.load_state_dict(network.state_dict(), strict=True)
    picture = torch.rand(1, 3, 8, 8)
    assert torch.equal(other(picture)["relu2_1"], network(picture)["relu2_1"])


def test_a_shift_by_the_stride_shifts_features(network):
    picture = torch.rand(1, 3, 32, 32)
    moved = network(picture.roll(4, -1))["conv2_1"].roll(-2, -1)
    torch.testing.assert_close(moved[..., 4:-4, 4:-4], network(picture)["conv2_1"][..., 4:-4, 4:-4])


def test_gradients_pass_frozen_weights(network):
    picture = torch.rand(1, 3, 8, 8, requires_grad=True)
    frozen = Vgg19Features(["conv2_1"]).requires_grad_(False)
    frozen(picture)["conv2_1"].square().sum().backward()
    assert picture.grad.any()
    assert not [p for p in frozen.parameters() if p.grad is not None]


def test_unknown_layers_and_none():
    with pytest.raises(ChoiceError, match="relu3_5"):
        Vgg19Features(["relu3_5"])
    with pytest.raises(ConfigError, match="no layers"):
        Vgg19Features([])
