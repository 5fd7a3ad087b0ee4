"""The authors' checkpoints are read, and whatever is wrong with one is said in one line; nothing in it is run."""

import os
import pickle
import zipfile
from collections import defaultdict

import numpy as np
import pytest
import torch

from manyfaces.core.errors import InputError, WeightError
from manyfaces.io.ofer_checkpoints import read_front_indices, read_ofer_checkpoint

PATH = "mid_attn.fn.fn"
NET = {"init_conv.weight": (4, 4, 1), f"{PATH}.to_out.weight": (4, 6, 1)}
LAYOUT = {"net": NET, "arcface": {"conv1.weight": (2, 3, 3, 3), "bn1.num_batches_tracked": ()}}
LAYOUTS = {
    "idgen": LAYOUT,
    "expgen": {**LAYOUT, "farl": {"visual.proj": (4, 2)}},
    "idrank": {
        "net": {"ranklayers.0.mlp.weight": (3, 3)},
        "arcface": LAYOUT["arcface"],
        "farl": {"visual.proj": (4, 2)},
    },
}


class Malicious:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


def state(shapes):
    return {
        n: torch.zeros((), dtype=torch.int64) if n.endswith("tracked") else torch.randn(s) for n, s in shapes.items()
    }


def content(part):
    """What the published trainer saves."""
    saved = {network: state(shapes) for network, shapes in LAYOUTS[part].items()}
    if part != "idrank":
        saved["net"][f"{PATH}.qkv.weight"] = torch.randn(18, 4, 1)
        saved["var_sched"] = {"betas": torch.linspace(1e-4, 1e-2, 10), "posterior_variance": torch.ones(10).double()}
        saved["diffusion"] = {f"net.{name}": tensor for name, tensor in saved["net"].items()}
    if "farl" in saved:
        saved["farl"]["token_embedding.weight"] = torch.randn(5, 2)
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.AdamW([weight])
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    weight.sum().backward()
    optimizer.step()
    scheduler.step(np.float64(0.5))
    saved |= {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    return saved | {"epoch": 3, "global_step": np.int64(7), "batch_size": 64}


def save(path, saved):
    torch.save(saved, path)
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.tar"


@pytest.mark.parametrize("part", LAYOUTS)
def test_weights_come_out_as_they_were_saved(file, part):
    saved = content(part)
    found = read_ofer_checkpoint(save(file, saved), part, LAYOUTS[part])
    assert found.part == part
    for network, shapes in LAYOUTS[part].items():
        assert set(found.networks[network]) == set(shapes)
        assert all(torch.equal(t, saved[network][name]) for name, t in found.networks[network].items())
        assert set(found.shapes[network]) >= set(shapes)
    assert {"optimizer", "scheduler", "epoch"} <= set(found.dropped)
    if part == "idrank":
        assert found.betas is None
        assert found.projections == {}
    else:
        assert torch.equal(found.betas, saved["var_sched"]["betas"])
        assert torch.equal(found.projections[PATH], saved["net"][f"{PATH}.qkv.weight"])
        assert "diffusion" in found.dropped
    assert ("farl's text tower" in found.dropped) == ("farl" in saved)


def test_statistics_of_training_do_not_stand_in_the_way(file):
    saved = content("idgen") | {
        "validator": defaultdict(list, lyhm=[np.float32(1), np.arange(3.0)]),
        "scheduler": {"best": np.float64(2), "dtype": np.dtype("f4")},
    }
    found = read_ofer_checkpoint(save(file, saved), "idgen", LAYOUT)
    assert {"validator", "scheduler"} <= set(found.dropped)


def test_files_of_old_torch_are_read_too(file):
    torch.save(content("idgen"), file, _use_new_zipfile_serialization=False)
    assert set(read_ofer_checkpoint(file, "idgen", LAYOUT).networks) == {"net", "arcface"}


@pytest.mark.parametrize("where", ["optimizer", "net"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_runs_something_is_refused_and_runs_nothing(file, where, zipped):
    marker = file.with_name("marker")
    saved = content("idgen")
    saved[where] = {"net.weight": Malicious(marker)} if where == "optimizer" else Malicious(marker)
    torch.save(saved, file, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightError, match=r"system.*nothing was run") as error:
        read_ofer_checkpoint(file, "idgen", LAYOUT)
    assert str(file) in str(error.value)
    assert not marker.exists()


def test_a_plain_pickle_is_refused_and_runs_nothing(file):
    marker = file.with_name("marker")
    file.write_bytes(pickle.dumps(Malicious(marker), protocol=2))
    with pytest.raises(WeightError, match=str(file)):
        read_ofer_checkpoint(file, "idgen", LAYOUT)
    assert not marker.exists()


def test_classes_of_other_libraries_are_refused(file):
    with pytest.raises(WeightError, match=r"Fraction.*nothing was run"):
        read_ofer_checkpoint(
            save(file, content("idgen") | {"epoch": __import__("fractions").Fraction(1, 2)}), "idgen", LAYOUT
        )


def spoilt(change):
    saved = content("idgen")
    change(saved)
    return saved


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        (lambda: [1, 2], "holds a list"),
        (lambda: {"state_dict": {}}, "holds state_dict, and no 'net'"),
        (lambda: content("idrank"), "IdRank's checkpoint, not IdGen's. give it as --idrank"),
        (lambda: content("expgen"), "give it as --expgen"),
        (lambda: spoilt(lambda s: s.pop("arcface")), "no weights of 'arcface'"),
        (lambda: spoilt(lambda s: s["net"].pop("init_conv.weight")), "lacks init_conv.weight"),
        (lambda: spoilt(lambda s: s["net"].update(extra=torch.ones(1))), "unknown extra"),
        (
            lambda: spoilt(lambda s: s["net"].update({"init_conv.weight": torch.ones(4, 5, 1)})),
            r"\(4, 5, 1\) instead of \(4, 4, 1\)",
        ),
        (
            lambda: spoilt(lambda s: s["net"]["init_conv.weight"].fill_(float("nan"))),
            "not finite: 'net' init_conv.weight",
        ),
        (lambda: spoilt(lambda s: s["net"][f"{PATH}.qkv.weight"].fill_(float("inf"))), "not finite: 'projections'"),
        (
            lambda: spoilt(lambda s: s["net"].update({f"{PATH}.qkv.weight": torch.ones(9, 4, 1)})),
            "fits no attention block",
        ),
        (
            lambda: spoilt(lambda s: s["net"].update({"nowhere.qkv.weight": torch.ones(9, 4, 1)})),
            "fits no attention block: nowhere",
        ),
        (lambda: spoilt(lambda s: s["net"].update({"init_conv.weight": 3})), "no plain tensor: init_conv.weight"),
        (
            lambda: spoilt(lambda s: s["net"].update({"init_conv.weight": torch.ones(1, 1, 1).expand(4, 4, 1)})),
            "no plain tensor",
        ),
        (lambda: spoilt(lambda s: s["net"].update({"init_conv.weight": torch.eye(4).to_sparse()})), "no plain tensor"),
        (
            lambda: spoilt(lambda s: s["net"].update({"init_conv.weight": torch.ones(4, 4, 1, device="meta")})),
            "no plain tensor",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_named(file, saved, said):
    with pytest.raises(WeightError, match=said) as error:
        read_ofer_checkpoint(save(file, saved()), "idgen", LAYOUT)
    assert error.value.message.startswith(str(file))
    assert error.value.fix


def test_no_file_or_a_folder(tmp_path):
    with pytest.raises(WeightError, match="does not exist"):
        read_ofer_checkpoint(tmp_path / "absent.tar", "idgen", LAYOUT)
    with pytest.raises(WeightError, match="is a folder"):
        read_ofer_checkpoint(tmp_path, "idgen", LAYOUT)


def test_damaged_files_are_named(file):
    whole = save(file, content("idgen")).read_bytes()
    with zipfile.ZipFile(file.with_name("other.zip"), "w") as other:
        other.writestr("hello", "world")
    for raw in (
        b"",
        b"not a checkpoint",
        whole[:100],
        whole[: len(whole) // 2],
        whole[:-30],
        file.with_name("other.zip").read_bytes(),
    ):
        file.write_bytes(raw)
        with pytest.raises(WeightError, match="damaged or no checkpoint") as error:
            read_ofer_checkpoint(file, "idgen", LAYOUT)
        assert str(error.value).count("\n") == 0
        assert len(str(error.value)) < 500


def test_front_indices_are_read(tmp_path):
    np.save(tmp_path / "front.npy", np.array([3, 1, 4], np.int32))
    found = read_front_indices(tmp_path / "front.npy", 3)
    assert found.dtype == np.int64
    assert found.tolist() == [3, 1, 4]


@pytest.mark.parametrize(
    ("indices", "said"),
    [
        ([1, 2], r"int64 \(2,\), not 3 whole numbers"),
        ([1.0, 2, 3], "float64"),
        ([1, 2, 2], "repeated"),
        ([1, 2, -3], "negative"),
        (np.array([{}, 1, 2], object), "Python objects"),
    ],
)
def test_other_indices_are_refused(tmp_path, indices, said):
    np.save(tmp_path / "front.npy", np.asarray(indices), allow_pickle=True)
    with pytest.raises(InputError, match=said):
        read_front_indices(tmp_path / "front.npy", 3)


@pytest.mark.parametrize("raw", [None, b"", b"\x93NUMPY", b"1 2 3"])
def test_files_without_indices_are_named(tmp_path, raw):
    path = tmp_path / "front.npy"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(InputError, match=str(path)):
        read_front_indices(path, 3)
