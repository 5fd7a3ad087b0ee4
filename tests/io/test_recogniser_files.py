import pytest
import torch

from manyfaces.core.errors import WeightError
from manyfaces.io.recogniser_files import read_arcface, read_facenet
from manyfaces.nn import FaceNet, IResNet


@pytest.fixture(scope="module")
def facenet() -> dict[str, torch.Tensor]:
    """Random weights in the published layout, with the classifier."""
    generator = torch.Generator().manual_seed(0)
    state = {name: tensor.clone() for name, tensor in FaceNet().state_dict().items()}
    state["last_bn.running_mean"] = torch.randn(512, generator=generator)
    return {**state, "logits.weight": torch.zeros(8631, 512), "logits.bias": torch.zeros(8631)}


def test_facenet_comes_back_without_its_classifier(tmp_path, facenet):
    torch.save(facenet, tmp_path / "vggface2.pt")
    network = read_facenet(tmp_path / "vggface2.pt")
    assert not network.training
    found = network.state_dict()
    assert set(found) == {name for name in facenet if not name.startswith("logits.")}
    for name, tensor in found.items():
        assert torch.equal(tensor, facenet[name]), name


def test_facenet_of_a_time_before_step_counters(tmp_path, facenet):
    old = {name: tensor for name, tensor in facenet.items() if "num_batches" not in name}
    torch.save(old, tmp_path / "old.pt")
    assert torch.equal(read_facenet(tmp_path / "old.pt").last_bn.running_mean, facenet["last_bn.running_mean"])


def test_facenet_that_is_not_there_says_where_to_get_it(tmp_path):
    with pytest.raises(WeightError, match=r"no weights of FaceNet at .*none\.pt") as caught:
        read_facenet(tmp_path / "none.pt")
    assert "20180402-114759-vggface2.pt" in caught.value.fix
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"block8.conv2d.bias": None}, "lacks block8.conv2d.bias"),
        ({"extra": torch.zeros(1)}, "has unknown extra"),
        ({"last_linear.weight": torch.zeros(128, 1792)}, r"\(128, 1792\) instead of \(512, 1792\)"),
        ({"last_bn.bias": torch.full((512,), torch.nan)}, "not finite: last_bn.bias"),
        ({"last_bn.bias": "text"}, "no plain tensor: last_bn.bias"),
    ],
)
def test_other_tensors_are_refused_in_one_line(tmp_path, facenet, change, said):
    state = {name: value for name, value in {**facenet, **change}.items() if value is not None}
    torch.save(state, tmp_path / "weights.pt")
    with pytest.raises(WeightError, match=said) as caught:
        read_facenet(tmp_path / "weights.pt")
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "weights.pt").write_bytes(b"PK\x03\x04 but no more")
    with pytest.raises(WeightError, match="damaged"):
        read_facenet(tmp_path / "weights.pt")


def test_arcface_of_any_depth(tmp_path):
    torch.manual_seed(0)
    state = IResNet((1, 2, 1, 1)).state_dict()
    torch.save(state, tmp_path / "backbone.pth")
    found = read_arcface(tmp_path / "backbone.pth")
    assert [len(stage) for stage in (found.layer1, found.layer2, found.layer3, found.layer4)] == [1, 2, 1, 1]
    assert all(torch.equal(tensor, state[name]) for name, tensor in found.state_dict().items())


def test_facenet_is_no_arcface(tmp_path, facenet):
    torch.save(facenet, tmp_path / "vggface2.pt")
    with pytest.raises(WeightError, match=r"does not fit.*it should hold ArcFace"):
        read_arcface(tmp_path / "vggface2.pt")
