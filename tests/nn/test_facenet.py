import pytest
import torch

from manyfaces.nn import FaceNet
from manyfaces.nn.facenet import Branches, ConvUnit, Layer, ResidualBranches


@pytest.fixture(scope="module")
def shapes() -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in FaceNet().state_dict().items()}


def test_it_has_as_many_parameters_as_the_published_one():
    with torch.device("meta"):
        net = FaceNet()
    assert sum(p.numel() for p in net.parameters()) == 23_482_624


@pytest.mark.parametrize(
    ("name", "shape"),
    {
        "conv2d_1a.conv.weight": (32, 3, 3, 3),
        "conv2d_4b.bn.running_var": (256,),
        "repeat_1.4.branch2.2.conv.weight": (32, 32, 3, 3),
        "repeat_1.0.branch0.conv.weight": (32, 256, 1, 1),
        "repeat_1.0.conv2d.bias": (256,),
        "mixed_6a.branch0.conv.weight": (384, 256, 3, 3),
        "mixed_6a.branch1.2.conv.weight": (256, 192, 3, 3),
        "repeat_2.9.branch1.1.conv.weight": (128, 128, 1, 7),
        "repeat_2.9.branch1.2.conv.weight": (128, 128, 7, 1),
        "mixed_7a.branch2.1.conv.weight": (256, 256, 3, 3),
        "repeat_3.4.branch1.2.conv.weight": (192, 192, 3, 1),
        "repeat_3.4.conv2d.weight": (1792, 384, 1, 1),
        "block8.conv2d.weight": (1792, 384, 1, 1),
        "last_linear.weight": (512, 1792),
        "last_bn.running_mean": (512,),
    }.items(),
)
def test_names_and_shapes_of_the_public_weights(shapes, name, shape):
    assert shapes[name] == shape


def test_there_is_nothing_else(shapes):
    tops = {name.split(".")[0] for name in shapes}
    stem = {f"conv2d_{place}" for place in ("1a", "2a", "2b", "3b", "4a", "4b")}
    mixed = {"repeat_1", "mixed_6a", "repeat_2", "mixed_7a", "repeat_3", "block8"}
    assert tops == stem | mixed | {"last_linear", "last_bn"}
    # 111 convolutions, each with a norm of five tensors; 21 that lead back, with a bias; the last layer and its norm.
    assert len(shapes) == 6 * 111 + 2 * 21 + 6


def test_embeddings_have_length_one_at_the_published_size_and_at_others():
    net = FaceNet().eval()
    with torch.no_grad():
        for side in (160, 96):
            embedded = net(torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1)
            assert embedded.shape == (2, 512)
            torch.testing.assert_close(embedded.norm(dim=-1), torch.ones(2))


def test_sides_on_the_way():
    with torch.device("meta"):
        net = FaceNet().eval()
        sides = {}
        for name in ("conv2d_2b", "conv2d_4b", "repeat_1", "repeat_2", "repeat_3", "block8"):
            net.get_submodule(name).register_forward_hook(
                lambda _m, _i, out, name=name: sides.update({name: tuple(out.shape[1:])})
            )
        net(torch.empty(1, 3, 160, 160))
    assert sides == {
        "conv2d_2b": (64, 77, 77),
        "conv2d_4b": (256, 17, 17),
        "repeat_1": (256, 17, 17),
        "repeat_2": (896, 8, 8),
        "repeat_3": (1792, 3, 3),
        "block8": (1792, 3, 3),
    }


def test_a_residual_block_by_hand():
    block = ResidualBranches(1, 0.5, (Layer(1, 1),), (Layer(1, 1),), rectified=True).eval()
    with torch.no_grad():
        for name, weight in (("branch0", 2.0), ("branch1", -1.0)):
            unit = block.get_submodule(name)
            assert isinstance(unit, ConvUnit)
            unit.conv.weight.fill_(weight)
            unit.bn.running_var.fill_(1 - 1e-3)  # type: ignore[union-attr]
        block.conv2d.weight.copy_(torch.tensor([3.0, 5.0])[None, :, None, None])
        block.conv2d.bias.fill_(-1)  # type: ignore[union-attr]
        x = torch.tensor([2.0, -2.0])[:, None, None, None]
        # For 2 the branches give 4 and 0: 2 + (12 - 1) / 2; for -2 they give 0 and 2: -2 + (10 - 1) / 2.
        torch.testing.assert_close(block(x).flatten(), torch.tensor([7.5, 2.5]))
        block.rectified = False
        block.conv2d.bias.fill_(-21)  # type: ignore[union-attr]
        torch.testing.assert_close(block(x).flatten(), torch.tensor([-2.5, -7.5]))


def test_a_branch_without_layers_takes_the_strided_maximum():
    x = torch.arange(25.0).reshape(1, 1, 5, 5)
    assert Branches(1, ())(x).flatten().tolist() == [12, 14, 22, 24]
