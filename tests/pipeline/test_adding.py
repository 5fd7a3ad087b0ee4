"""Networks trained here become a model by name; those that do not belong together are refused."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from manyfaces import Predictor
from manyfaces.assets import packaged_folder
from manyfaces.cli import app
from manyfaces.core.config import to_dict
from manyfaces.core.errors import InputError, ManyfacesError, WeightError
from manyfaces.io.checkpoints import load_weights, save_weights
from manyfaces.io.head_files import load_head
from manyfaces.io.model_folders import read_model_folder
from manyfaces.methods.ofer import FrontFace, Ofer
from manyfaces.pipeline.adding import AddSettings, add_model
from manyfaces.pipeline.catalogue import own_models, summary_of
from manyfaces.pipeline.importing import PARTS

QUICK = {"n_identities": 5, "n_expressions": 3, "occlusion": "none", "settle": False}


@pytest.fixture(autouse=True)
def tiny(stand_in, monkeypatch, empty_cache):
    for room in ("adding", "published"):
        monkeypatch.setattr(f"manyfaces.pipeline.{room}.PAPER_ENCODERS", stand_in.TINY_ENCODERS)
    return empty_cache


@pytest.fixture
def paper_runs(stand_in, tmp_path):
    """What the paper's recipes leave, in miniature."""
    torch.manual_seed(4)
    encoders = {part: make() for part, make in stand_in.TINY_ENCODERS.items()}
    n, n_front, sizes = stand_in.N_IDENTITY, stand_in.N_FRONT, stand_in.SIZES
    ofer = Ofer(sizes, FrontFace(torch.zeros(n_front, 3), torch.zeros(n, n_front, 3)), encoders)
    for part in PARTS:
        own = {"kind": stand_in.TINY_ENCODERS[part].__name__, "head": "flame23", "values": "paper"}
        notes = {"recipe": f"recipe of {part}", "step": "7", "steps": "9"}
        config = {"ofer": to_dict(sizes), "encoder": own}
        save_weights(tmp_path / "runs" / part / "weights.safetensors", getattr(ofer, part).state_dict(), config, notes)
    front = np.nonzero(load_head("openhead").masks["front"])[0][::7][:n_front]
    np.save(tmp_path / "runs" / "idrank" / "front_indices.npy", front)
    return tmp_path / "runs"


@pytest.fixture
def open_runs(tmp_path):
    """What the open recipe leaves: the weights that ship."""
    runs = tmp_path / "open"
    for part in (*PARTS, "points"):
        (runs / part).mkdir(parents=True)
        shutil.copy(packaged_folder() / "ofer-open" / f"{part}.safetensors", runs / part / "weights.safetensors")
    return runs


def change(runs, part, **changes):
    """Write a part's weights again with another header; `ofer` and `encoder` are merged into what is there."""
    path = runs / part / "weights.safetensors"
    weights = load_weights(path)
    config = {key: {**value, **changes.get(key, {})} for key, value in weights.config.items()}
    save_weights(path, weights.state, config, weights.notes)


def test_a_model_of_the_papers_recipes(paper_runs, stand_in, tmp_path, person, tiny):
    said = []
    folder = add_model(paper_runs, AddSettings("mine"), said.append)
    assert folder == tiny / "models" / "mine"
    assert own_models() == ["mine"]
    assert summary_of("mine") == "OFER on flame23, conditioned on crops of the face; trained here"
    card = read_model_folder(folder).card
    assert (card.head, card.sizes, card.attention) == ("flame23", stand_in.SIZES, {})
    assert [(t.part, t.recipe, t.steps, t.values) for t in card.training] == [
        (part, f"recipe of {part}", 7, "paper") for part in PARTS
    ]
    assert all("warning: 9 were planned" in line for line in said[:3])
    for source in card.sources:
        trained = paper_runs / source.role / "weights.safetensors"
        assert (folder / f"{source.role}.safetensors").read_bytes() == trained.read_bytes()
        assert source.size == trained.stat().st_size
    result = Predictor.from_pretrained("mine", head=stand_in.write_head(tmp_path, "flame23"))(person[0], **QUICK)
    assert (result.model, len(result)) == ("mine", 3)


def test_a_model_of_the_open_recipe_is_the_one_that_ships(open_runs, person):
    folder = add_model(open_runs, AddSettings("again"), lambda line: None)
    assert not (folder / "front_indices.npy").exists()
    assert summary_of("again") == "OFER on openhead, conditioned on face points; trained here"
    added, shipped = (Predictor.from_pretrained(name)(person[0], **QUICK) for name in ("again", "ofer-open"))
    assert torch.equal(added.vertices, shipped.vertices)
    for wrong in ({"head": "flame20"}, {"compat": "official"}):
        with pytest.raises(InputError, match="again is made for the head openhead"):
            Predictor.from_pretrained("again", **wrong)


def test_the_command(paper_runs, capsys, monkeypatch):
    assert app.run(["models", "add", str(paper_runs), "--name", "mine"]) == 0
    assert "--model mine" in capsys.readouterr().out
    assert app.run(["models"]) == 0
    assert "mine" in capsys.readouterr().out
    assert app.run(["models", "add", str(paper_runs), "--name", "ofer-open"]) == 1
    assert capsys.readouterr().err.startswith("error: ofer-open is a model that ships")


def test_adding_again_replaces_the_model(paper_runs):
    first = add_model(paper_runs, AddSettings("mine"), lambda line: None)
    (first / "stray").write_text("of an older version")
    add_model(paper_runs, AddSettings("mine"), lambda line: None)
    assert not (first / "stray").exists()
    assert [path.name for path in first.parent.iterdir()] == ["mine"]


def cut(runs):
    path = runs / "idgen" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda runs: shutil.rmtree(runs / "idrank"), r"no trained idrank.*manyfaces train idrank"),
        (cut, r"idgen.weights\.safetensors is damaged"),
        (lambda runs: change(runs, "expgen", encoder={"head": "flame20"}), "different heads: .*expgen flame20"),
        (lambda runs: change(runs, "idrank", encoder={"kind": "Eye"}), "has the encoder Eye"),
        (lambda runs: change(runs, "idrank", encoder={"kind": None}), "does not fit: it has unknown"),
        (lambda runs: change(runs, "idgen", ofer={"n_identity": 13}), r"idgen.*does not fit"),
        (lambda runs: change(runs, "expgen", ofer={"ranking": "consensus"}), "different settings: ranking"),
        (lambda runs: (runs / "idrank" / "front_indices.npy").unlink(), "--front-indices FILE"),
    ],
)
def test_what_does_not_belong_together_is_refused(paper_runs, tiny, spoil, said):
    spoil(paper_runs)
    with pytest.raises(ManyfacesError, match=said):
        add_model(paper_runs, AddSettings("mine"), lambda line: None)
    assert not list(tiny.rglob("*.safetensors"))


def test_points_and_crops_are_not_mixed(paper_runs, open_runs, stand_in):
    state = load_weights(paper_runs / "idgen" / "weights.safetensors").state
    bare = {name: tensor for name, tensor in state.items() if not name.startswith("encoder.")}
    save_weights(paper_runs / "idgen" / "weights.safetensors", bare, {"ofer": to_dict(stand_in.SIZES), "encoder": {}})
    with pytest.raises(WeightError, match="see different things: idgen points, idrank crops, expgen crops"):
        add_model(paper_runs, AddSettings("mine"), lambda line: None)
    shutil.rmtree(open_runs / "points")
    with pytest.raises(InputError, match="no trained points"):
        add_model(open_runs, AddSettings("mine"), lambda line: None)


def test_what_is_said_of_the_head_and_the_vertices_must_agree(paper_runs, open_runs, tmp_path):
    with pytest.raises(WeightError, match="--head flame20"):
        add_model(paper_runs, AddSettings("mine", "flame20"), lambda line: None)
    with pytest.raises(WeightError, match="points openhead, --head flame20"):
        add_model(open_runs, AddSettings("mine", "flame20"), lambda line: None)
    kept = paper_runs / "idrank" / "front_indices.npy"
    other = tmp_path / "other.npy"
    np.save(other, np.load(kept)[::-1])
    asked = AddSettings("mine", None, other)
    with pytest.raises(InputError, match="not what the ranker was trained with"):
        add_model(paper_runs, asked, lambda line: None)
    with pytest.raises(InputError, match="leave --front-indices out"):
        add_model(open_runs, dataclasses.replace(asked, front_indices=kept), lambda line: None)


def test_weights_that_say_nothing_of_the_head_need_a_word(paper_runs):
    for part in PARTS:
        change(paper_runs, part, encoder={"head": None})
    with pytest.raises(InputError, match="--head flame20 or flame23"):
        add_model(paper_runs, AddSettings("mine"), lambda line: None)
    folder = add_model(paper_runs, AddSettings("mine", "flame20"), lambda line: None)
    assert json.loads((folder / "model.json").read_text())["head"] == "flame20"
