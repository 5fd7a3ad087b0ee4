from pathlib import Path

import numpy as np
import torch

from manyfaces.bench.kept import Kept, weights_digest
from manyfaces.bench.models import named_models

POINTS = {"points": np.arange(6.0).reshape(3, 2)}


def test_what_was_kept_is_found_by_item_and_basis(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "k", "photos", 1)
    assert kept.get("a", 0) is None
    assert kept.empty
    kept.put("a", 0, arrays=POINTS)
    again = Kept(tmp_path / "k", "photos", 1).get("a", 0)
    assert again is not None
    assert (again["points"] == POINTS["points"]).all()
    assert kept.get("a", 1) is None
    assert not kept.empty
    assert Kept(tmp_path / "k", "photos", 2).get("a", 0) is None
    kept.clear()
    assert not (tmp_path / "k").exists()
    kept.clear()


def test_a_damaged_item_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.put("a", arrays=POINTS)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:40])
    assert kept.get("a") is None


def test_a_changed_weight_is_another_model() -> None:
    net = torch.nn.Linear(3, 2)
    before = weights_digest(net)
    assert weights_digest(net) == before
    net.weight.data[0, 0] += 1e-3
    assert weights_digest(net) != before


def test_models_are_named_with_commas_or_all_at_once() -> None:
    assert named_models("a, b,a") == ["a", "b"]
    assert "ofer-open" in named_models("all")
