"""Published weights of R-Net, and ImageNet's to start from: strictly those, and nothing in the files is run."""

import os
from pathlib import Path
from types import ModuleType

import pytest
import torch

from manyfaces.core.config import from_dict
from manyfaces.core.errors import WeightError
from manyfaces.io.checkpoints import load_into
from manyfaces.io.deep3d_checkpoints import read_deep3d
from manyfaces.io.resnet_files import read_resnet
from manyfaces.methods.distill import PUBLISHED, DistillConfig, RNet
from manyfaces.nn.resnet import RESNET50, ResNet, ResNetConfig

SMALL_RESNET = ResNetConfig((1, 2), (4, 8), stem=4, block="bottleneck")
SMALL = DistillConfig(backbone=SMALL_RESNET)


class Malicious:
    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.marker}",)


@pytest.fixture
def small(resnet_stand_in: ModuleType) -> dict:
    return resnet_stand_in.deep3d((1, 2), 4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "epoch_20.pth"


def save(path: Path, content: object, **options: object) -> Path:
    torch.save(content, path, **options)
    return path


def test_a_checkpoint_of_the_published_layout_loads_strictly(resnet_stand_in: ModuleType, file: Path) -> None:
    saved = resnet_stand_in.deep3d()
    weights = read_deep3d(save(file, saved))
    assert len(weights.state) == 5 + 1 + 52 * 6 + 14  # one norm and convolution of the stem, 52 of the units, the heads
    assert sum(tensor.numel() for tensor in weights.state.values() if tensor.is_floating_point()) == 24_087_745
    assert from_dict(DistillConfig, weights.config) == PUBLISHED
    network = RNet(PUBLISHED)
    load_into(network, weights)
    kept = network.state_dict()
    assert all(torch.equal(kept[name], tensor) for name, tensor in saved["net_recon"].items())


def test_each_head_writes_its_coefficients(small: dict, file: Path) -> None:
    for number in range(7):
        small["net_recon"][f"final_layers.{number}.weight"].zero_()
        small["net_recon"][f"final_layers.{number}.bias"].fill_(number)
    network = RNet(SMALL).eval()
    load_into(network, read_deep3d(save(file, small), SMALL))
    said = SMALL.layout.split(network(torch.rand(1, 3, 224, 224))[0])
    parts = (said.identity, said.expression, said.albedo, said.angles, said.light)
    assert [part.unique().tolist() for part in parts] == [[0], [1], [2], [3], [4]]
    assert said.translation.tolist() == [5, 5, 6]


def test_weights_of_training_in_parallel_are_the_same(resnet_stand_in: ModuleType, file: Path) -> None:
    saved = resnet_stand_in.deep3d((1, 2), 4, "module.")
    state = read_deep3d(save(file, saved, _use_new_zipfile_serialization=False), SMALL).state
    assert torch.equal(state["final_layers.6.bias"], saved["net_recon"]["module.final_layers.6.bias"])
    assert len(state) == len(saved["net_recon"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"backbone.layer2.1.bn2.running_var": None}, "lacks backbone.layer2.1.bn2.running_var"),
        ({"final_layers.6.bias": None, "final_layers.6.weight": None}, "lacks final_layers.6.bias, final_layers.6.we"),
        ({"backbone.fc.weight": torch.ones(2)}, "has unknown backbone.fc.weight"),
        ({"final_layers.4.weight": torch.ones(9, 32, 1, 1)}, r"\(9, 32, 1, 1\) instead of \(27, 32, 1, 1\)"),
        ({"final_layers.4.weight": torch.ones(27, 32)}, r"\(27, 32\) instead of"),
        ({"final_layers.0.bias": torch.full((80,), torch.nan)}, "not finite: final_layers.0.bias"),
        ({"final_layers.0.bias": [0.0] * 80}, "in 'net_recon' what is no plain tensor: final_layers.0.bias"),
        ({"module.extra": torch.ones(1)}, "unknown module.extra"),
    ],
)
def test_other_tensors_are_named(small: dict, file: Path, changes: dict, said: str) -> None:
    net = small["net_recon"] | changes
    small["net_recon"] = {name: tensor for name, tensor in net.items() if tensor is not None}
    with pytest.raises(WeightError, match=said) as error:
        read_deep3d(save(file, small), SMALL)
    assert error.value.message.startswith(str(file))
    assert error.value.fix


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"opt_00": {}, "sched_00": {}}, "holds opt_00, sched_00, and no 'net_recon'"),
        ({"net_recon": torch.ones(3)}, "and no 'net_recon'"),
        ({}, "holds nothing, and no"),
        ([1, 2], "holds a list, not a checkpoint of Deep3DFaceRecon"),
    ],
)
def test_other_files_are_refused(file: Path, content: object, said: str) -> None:
    with pytest.raises(WeightError, match=said) as error:
        read_deep3d(save(file, content), SMALL)
    assert error.value.fix


def test_missing_and_damaged_files_are_named(small: dict, file: Path) -> None:
    with pytest.raises(WeightError, match="does not exist"):
        read_deep3d(file)
    whole = save(file, small).read_bytes()
    for raw in (b"", b"<!DOCTYPE html>", whole[: len(whole) // 2]):
        file.write_bytes(raw)
        with pytest.raises(WeightError, match="damaged or no checkpoint"):
            read_deep3d(file, SMALL)


def test_a_file_that_runs_something_is_refused_and_runs_nothing(small: dict, file: Path) -> None:
    marker = file.with_name("marker")
    for content in (small | {"opt_00": Malicious(marker)}, Malicious(marker)):
        with pytest.raises(WeightError, match="nothing was run"):
            read_deep3d(save(file, content), SMALL)
        with pytest.raises(WeightError, match="nothing was run"):
            read_resnet(file, SMALL_RESNET)
    assert not marker.exists()


def test_imagenet_weights_fit_without_their_classifier(resnet_stand_in: ModuleType, file: Path) -> None:
    saved = resnet_stand_in.resnet(counter=False, classes=1000)
    learnt = (tensor.numel() for name, tensor in saved.items() if ".running_" not in name)
    assert sum(learnt) == 25_557_032  # as torchvision counts ResNet-50
    network = ResNet(RESNET50)
    load_into(network, read_resnet(save(file, saved)))
    kept = network.state_dict()
    assert not any(name.startswith("fc.") for name in kept)
    assert all(torch.equal(kept[name], tensor) for name, tensor in saved.items() if not name.startswith("fc."))
    assert kept["layer4.2.bn3.num_batches_tracked"] == 0


def test_counters_of_batch_norms_are_kept_where_there_are_some(resnet_stand_in: ModuleType, file: Path) -> None:
    state = read_resnet(save(file, resnet_stand_in.resnet((1, 2), 4, classes=5)), SMALL_RESNET).state
    assert state["layer2.1.bn3.num_batches_tracked"] == 1000


def test_other_networks_are_no_start(resnet_stand_in: ModuleType, file: Path) -> None:
    state = resnet_stand_in.resnet((1, 3), 4, classes=5)
    with pytest.raises(WeightError, match=r"has unknown layer2.2.*manyfaces assets fetch resnet50-imagenet"):
        read_resnet(save(file, state), SMALL_RESNET)
    with pytest.raises(WeightError, match="no plain tensor: state_dict"):
        read_resnet(save(file, {"state_dict": state}), SMALL_RESNET)
    with pytest.raises(WeightError, match=r"lacks bn1\.bias"):
        read_resnet(save(file, {}), SMALL_RESNET)
