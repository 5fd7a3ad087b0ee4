"""The whole recipe in miniature: every part trains, and the next one takes it up."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.data import BankConfig
from manyfaces.methods.ofer import OPEN, Ofer
from manyfaces.methods.ofer.point_encoder import PointEncoderConfig
from manyfaces.pipeline.models import front_face, load_encoder, load_part
from manyfaces.train import TrainConfig, recipes

BRIEF = TrainConfig(steps=2, warmup_steps=1, validation_batches=1)
ENCODER = PointEncoderConfig(n_point_modes=12, n_depth_modes=6, n_hidden_modes=6, n_shift_modes=12, n_error_modes=6)


@pytest.fixture(scope="module")
def miniature():
    bank = BankConfig(n_scenes=42, n_occluders=1, n_crops=1)
    return recipes.OpenRecipe(bank, ENCODER, OPEN, BRIEF, BRIEF, BRIEF, BRIEF)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, miniature):
    out = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "miniature", miniature)
        patch.setattr(recipes, "POOL_EXAMPLES", 16)
        for part in ("points", "idgen", "idrank", "expgen"):
            assert recipes.train(part, "miniature", out).finished
    return out


def test_trained_parts_make_a_model(runs, miniature):
    from manyfaces.heads import HeadModel
    from manyfaces.io.head_files import load_head

    head = HeadModel(load_head("openhead"))
    ofer = Ofer(OPEN, front_face(head, OPEN.idrank.n_vertices, OPEN.n_identity))
    for part in ("idgen", "idrank", "expgen"):
        load_part(getattr(ofer, part), runs / part / "weights.safetensors")
    identities = ofer.sample_identities(torch.zeros(1, 256), 4, torch.Generator().manual_seed(0))
    assert ofer.rank(torch.zeros(1, 256), identities).order.shape == (1, 4)


def test_the_encoder_keeps_how_its_errors_go_together(runs):
    encoder = load_encoder(runs / "points" / "weights.safetensors")
    assert encoder.error_modes.directions.abs().sum() > 0


def test_the_bank_is_made_once(runs, miniature, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "miniature", miniature)
    before = {p: p.stat().st_mtime_ns for p in (runs / "bank").iterdir()}
    recipes.train("points", "miniature", runs)
    assert before == {p: p.stat().st_mtime_ns for p in (runs / "bank").iterdir()}


def test_a_part_asks_for_the_one_before(tmp_path, miniature, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "miniature", replace(miniature, bank=BankConfig(n_scenes=1, n_occluders=0)))
    with pytest.raises(InputError, match="train it first: manyfaces train points"):
        recipes.train("idgen", "miniature", tmp_path)


def test_unknown_names_list_the_known(tmp_path):
    with pytest.raises(ChoiceError, match="open"):
        recipes.train("idgen", "closed", tmp_path)
    with pytest.raises(ChoiceError, match="idrank"):
        recipes.train("everything", "open", tmp_path)
