"""Assets and models are listed; the thin doors hand over what was asked."""

import sys
import types
from dataclasses import dataclass

import manyfaces
from manyfaces import assets
from manyfaces.cli import app
from manyfaces.core.errors import AssetError


def stand_in(monkeypatch, room, **names):
    """Put an empty room in the place of a real one, which takes long to import."""
    module = types.ModuleType(f"manyfaces.{room}")
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, f"manyfaces.{room}", module)
    monkeypatch.setattr(manyfaces, room, module, raising=False)


def test_every_asset_is_listed_with_its_licence(capsys, empty_cache):
    assert app.run(["assets", "list"]) == 0
    out = capsys.readouterr().out
    for asset in assets.MANIFEST:
        (line,) = [line for line in out.splitlines() if line.startswith(asset.name + " ")]
        assert "missing" in line
        assert asset.licence in line


def test_fetch_goes_on_after_a_failure(capsys, monkeypatch, tmp_path):
    def fetch(name, *_):
        if "short" in name:
            raise AssetError(f"cannot fetch {name}", "connect")
        return tmp_path / name

    monkeypatch.setattr(assets, "fetch", fetch)
    assert app.run(["assets", "fetch"]) == 1
    printed = capsys.readouterr()
    assert printed.err == "error: cannot fetch face_detection_short_range. fix: connect\n"
    assert printed.out.count("\n") == sum(not asset.on_request for asset in assets.MANIFEST) - 1
    assert app.run(["assets", "fetch", "face_landmarks_468"]) == 0


def test_an_unknown_asset_names_the_known_ones(capsys, empty_cache):
    assert app.run(["assets", "fetch", "nose"]) == 1
    err = capsys.readouterr().err
    assert "'nose'" in err
    assert all(asset.name in err for asset in assets.MANIFEST)


def test_models_are_listed(capsys, monkeypatch):
    @dataclass(frozen=True)
    class Released:
        name: str
        summary: str

    module = types.ModuleType("manyfaces.pipeline.catalogue")
    module.MODELS = (Released("ofer-open", "the open one"), Released("other", "another"))
    module.own_models = lambda: ["ofer-flame20"]
    module.summary_of = lambda name: f"of {name}"
    monkeypatch.setitem(sys.modules, "manyfaces.pipeline.catalogue", module)
    assert app.run(["models", "list"]) == 0
    out = capsys.readouterr().out
    assert app.run(["models"]) == 0
    assert capsys.readouterr().out == out
    assert "ofer-open" in out
    assert "another" in out
    assert "of ofer-flame20" in out


def test_train_hands_over(monkeypatch):
    asked = []
    monkeypatch.setattr("manyfaces.train.recipes.train", lambda part, **options: asked.append((part, options)))
    assert app.run(["train", "idrank", "--recipe", "open", "--out", "runs", "--steps", "5", "--device", "cpu"]) == 0
    part, options = asked[0]
    assert part == "idrank"
    assert options["steps"] == 5
    assert str(options["out"]) == "runs"
