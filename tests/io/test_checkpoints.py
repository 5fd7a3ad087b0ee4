import dataclasses

import pytest
import torch
from torch import nn

from manyfaces.core.errors import ConfigError, WeightError
from manyfaces.io.checkpoints import load_into, load_weights, save_weights


@dataclasses.dataclass(frozen=True)
class Sizes:
    width: int = 3


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    module, path = nn.Linear(4, 3), tmp_path / "w.safetensors"
    save_weights(path, module.state_dict(), Sizes(), {"step": "7"})
    return module, path


def test_round_trip(saved):
    module, path = saved
    weights, other = load_weights(path), nn.Linear(4, 3)
    load_into(other, weights)
    assert torch.equal(other.weight, module.weight)
    assert weights.config_as(Sizes) == Sizes()
    assert weights.notes == {"step": "7"}
    again = path.with_name("again")
    save_weights(again, module.state_dict(), Sizes(), {"step": "7"})
    assert again.read_bytes() == path.read_bytes()
    again.unlink()
    assert [p.name for p in path.parent.iterdir()] == ["w.safetensors"]


def test_half_is_half_the_size_and_nearly_equal(tmp_path):
    module = nn.Linear(200, 200)
    save_weights(tmp_path / "full", module.state_dict(), {})
    save_weights(tmp_path / "half", module.state_dict(), {}, half=True)
    assert (tmp_path / "half").stat().st_size < 0.55 * (tmp_path / "full").stat().st_size
    other = nn.Linear(200, 200)
    load_into(other, load_weights(tmp_path / "half"))
    assert other.weight.dtype == torch.float32
    assert torch.allclose(other.weight, module.weight, atol=1e-4)


def test_every_damage_is_found(saved):
    _, path = saved
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        try:
            weights = load_weights(path)
        except WeightError:
            continue
        # It loads only if the bit was one of the notes or of the configuration, not the tensors'.
        assert weights.notes != {"step": "7"} or weights.config != {"width": 3}
    for length in (0, 5, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:length])
        with pytest.raises(WeightError, match="damaged"):
            load_weights(path)


def test_missing_file(tmp_path):
    with pytest.raises(WeightError, match="no weight file"):
        load_weights(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Linear(4, 5), "other shapes.*weight"),
        (nn.Linear(4, 3, bias=False), "unknown bias"),
        (nn.Sequential(nn.Linear(4, 3)), "lacks 0.bias"),
    ],
)
def test_misfits_are_refused_by_name(saved, module, message):
    with pytest.raises(WeightError, match=message):
        load_into(module, load_weights(saved[1]))


def test_values_that_are_not_finite_are_refused(tmp_path):
    module = nn.Linear(2, 2)
    with torch.no_grad():
        module.weight[0, 0] = float("nan")
    save_weights(tmp_path / "w", module.state_dict(), {})
    with pytest.raises(WeightError, match="not finite: weight"):
        load_into(nn.Linear(2, 2), load_weights(tmp_path / "w"))


def test_unknown_config_key(saved, tmp_path):
    save_weights(tmp_path / "w", {}, {"width": 3, "depth": 2})
    with pytest.raises(ConfigError, match="depth"):
        load_weights(tmp_path / "w").config_as(Sizes)


def test_a_foreign_file_is_told(tmp_path):
    import safetensors.torch

    safetensors.torch.save_file({"a": torch.zeros(2)}, tmp_path / "w")
    with pytest.raises(WeightError, match="not written by this program"):
        load_weights(tmp_path / "w")
