"""Bases that were trained here become a model by name."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import InputError, WeightError
from manyfaces.io.checkpoints import save_weights
from manyfaces.pipeline.adding_personal import AddPersonalSettings, add_personal, is_trained
from manyfaces.pipeline.personal_models import load_personal

MINE = AddPersonalSettings("mine")


@pytest.fixture
def save(personal_stand_in, tmp_path):
    """Writes what training leaves of a part."""

    def write(part):
        sizes = personal_stand_in.TINY
        if part == "coarse":
            network, config = personal_stand_in.coarse_net(), sizes.coarse
        else:
            teacher, student = personal_stand_in.detail_nets()
            network, config = teacher if part == "detail-teacher" else student, sizes.detail
        notes = {"recipe": "open", "step": "7", "steps": "9"}
        save_weights(tmp_path / "runs" / part / "weights.safetensors", network.state_dict(), config, notes)
        return network

    return write


def test_a_base_of_three_networks(save, tmp_path, empty_cache):
    runs, said = tmp_path / "runs", []
    with pytest.raises(InputError, match="holds no trained coarse"):
        add_personal(runs, MINE, said.append)
    saved = {part: save(part) for part in ("coarse", "detail-teacher", "detail")}
    assert is_trained(runs)
    folder = add_personal(runs, MINE, said.append)
    assert folder == empty_cache / "models" / "mine"
    assert said[0] == "coarse: recipe open, 7 steps; warning: 9 were planned"
    model = load_personal("mine", torch.device("cpu"))
    for found, part in ((model.network, "coarse"), (model.teacher, "detail-teacher"), (model.student, "detail")):
        assert all(torch.equal(found.state_dict()[name], tensor) for name, tensor in saved[part].state_dict().items())


def test_networks_of_other_sizes_are_refused(save, tmp_path, personal_stand_in, empty_cache):
    for part in ("coarse", "detail-teacher", "detail"):
        save(part)
    sizes = personal_stand_in.TINY.detail
    other = replace(sizes, teacher=replace(sizes.teacher, width=8))
    _, student = personal_stand_in.detail_nets()
    save_weights(tmp_path / "runs" / "detail" / "weights.safetensors", student.state_dict(), other)
    with pytest.raises(WeightError, match="detail was trained with another detail-teacher"):
        add_personal(tmp_path / "runs", MINE, print)
    assert not (empty_cache / "models" / "mine").exists()
