"""Assets and models are listed; the thin doors hand over what was asked."""

import sys
import types
from dataclasses import dataclass

import pytest

import manyfaces
from manyfaces import assets
from manyfaces.cli import app
from manyfaces.core.errors import AssetError

NO_LANDMARKS = {"NEED_DATA": {"photos"}, "LANDMARK_BENCHMARKS": set()}


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


def test_bench_hands_over(capsys, monkeypatch, tmp_path):
    asked = []
    protocol = lambda *args, **options: asked.append((args, options))  # noqa: E731
    stand_in(monkeypatch, "bench", PROTOCOLS={"photos": protocol, "synthetic": protocol}, **NO_LANDMARKS)
    assert app.run(["bench", "photos", str(tmp_path), "--out", "o", "--half", "report", "--device", "cpu"]) == 0
    ((folder, out), options) = asked[0]
    assert (folder, str(out)) == (tmp_path, "o")
    assert options == {"half": "report", "model": "ofer-open", "device": "cpu"}
    assert app.run(["bench", "synthetic", "--out", "o", "--device", "cpu"]) == 0
    assert asked[1][0][0] is None


def test_bench_now_takes_a_folder_of_predictions(monkeypatch, tmp_path):
    asked = []
    options = lambda *given: given  # noqa: E731
    protocol = lambda *args, **given: asked.append((args, given))  # noqa: E731
    stand_in(monkeypatch, "bench", PROTOCOLS={"now": protocol}, NEED_DATA={"now"}, NowOptions=options)
    given = ["--dataset", str(tmp_path), "--predictions", str(tmp_path), "--unit", "m", "--allow-missing"]
    assert app.run(["bench", "now", *given, "--out", "o", "--device", "cpu"]) == 0
    assert app.run(["bench", "now", str(tmp_path), "--out", "o", "--device", "cpu"]) == 0
    assert [str(folder) for (folder, _), _ in asked] == [str(tmp_path)] * 2
    assert [given["options"] for _, given in asked] == [(tmp_path, "m", True), (None, "mm", False)]


def test_landmark_benchmarks_take_options_of_their_own(monkeypatch, tmp_path):
    asked = []
    options = lambda **given: given  # noqa: E731
    protocol = lambda *args, **given: asked.append((args, given))  # noqa: E731
    names = {"PROTOCOLS": {"300w": protocol}, "NEED_DATA": {"300w"}, "LANDMARK_BENCHMARKS": {"300w"}}
    stand_in(monkeypatch, "bench", LandmarkOptions=options, **names)
    given = ["--predictions", str(tmp_path), "--methods", "facemesh", "ours", "--offsets", "--every", "5"]
    assert app.run(["bench", "300w", str(tmp_path), *given, "--annotation", "reannotated", "--device", "cpu"]) == 0
    assert app.run(["bench", "300w", str(tmp_path), "--methods", "--device", "cpu"]) == 0
    assert asked[0][1]["options"] == {
        "predictions": tmp_path,
        "methods": ("facemesh", "ours"),
        "offsets": True,
        "every": 5,
        "annotation": "reannotated",
    }
    assert asked[1][1]["options"]["methods"] == ()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["noses", "/nonexistent"], 1, "valid: photos"),
        (["photos", "/nonexistent"], 1, "is not a folder"),
        (["photos"], 2, "measures on a folder of data"),
        (["photos", ".", "--dataset", "."], 2, "named twice"),
        (["photos", ".", "--predictions", "."], 2, "scores no folder of predictions"),
        (["photos", ".", "--predictions", "/nonexistent"], 1, "is not a folder"),
    ],
)
def test_bench_mistakes(capsys, monkeypatch, arguments, code, said):
    stand_in(monkeypatch, "bench", PROTOCOLS={"photos": None}, **NO_LANDMARKS)
    assert app.run(["bench", *arguments, "--out", "o"]) == code
    assert said in capsys.readouterr().err


def test_train_hands_over(monkeypatch):
    asked = []
    monkeypatch.setattr("manyfaces.train.recipes.train", lambda part, **options: asked.append((part, options)))
    assert app.run(["train", "idrank", "--recipe", "open", "--out", "runs", "--steps", "5", "--device", "cpu"]) == 0
    part, options = asked[0]
    assert part == "idrank"
    assert options["steps"] == 5
    assert str(options["out"]) == "runs"
