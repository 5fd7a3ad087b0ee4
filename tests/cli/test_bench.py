"""Every protocol gets what was asked, and nothing else; mistakes are told in one line."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

import manyfaces
from manyfaces.cli import app


class Asked(list):
    """What the stand-ins of protocols were called with: arguments by place, then by name."""

    def __call__(self, *places: Any, **names: Any) -> None:
        self.append((places, names))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Protocols that do nothing, in the places of the real ones, which take long to import."""
    calls = Asked()
    keep = lambda *places, **names: (*places, names)  # noqa: E731
    runs = ("bench_now", "run_landmarks", "run_photos", "run_released_synthetic", "run_speed", "run_vectors")
    rooms = {
        "bench": {**dict.fromkeys(runs, calls), "NowOptions": keep, "LandmarkOptions": keep},
        "bench.co545": {"bench_co545": calls, "Co545Options": keep},
        "bench.rof": {"bench_rof": calls, "RofOptions": keep},
        "bench.ablation": {"run_ablation": calls},
        "bench.figures": {"run_figures": calls},
        "bench.compare": {"run_compare": calls},
        "bench.distill": {
            "bench_distill": calls,
            "DistillOptions": keep,
            "networks_of_runs": lambda runs: {"sopi": str(runs / "sopi")},
        },
        "bench.figures.distill": {"run_distill_figures": calls},
        "bench.figures.personal": {"run_personal_figures": calls},
    }
    for room, names in rooms.items():
        module = types.ModuleType(f"manyfaces.{room}")
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, f"manyfaces.{room}", module)
    monkeypatch.setattr(manyfaces, "bench", sys.modules["manyfaces.bench"], raising=False)
    return calls


MODEL = {"model": "ofer-open", "seed": 0, "device": "cpu"}


def bench(*arguments: object) -> int:
    return app.run(["bench", *map(str, arguments), "--out", "o", "--device", "cpu"])


def test_photos(asked: Asked, tmp_path: Path) -> None:
    assert bench("photos", tmp_path, "--half", "report", "--model", "all") == 0
    assert asked == [((tmp_path, Path("o")), {**MODEL, "half": "report", "model": "all"})]


def test_protocols_that_make_their_own_data(asked: Asked) -> None:
    assert bench("synthetic", "--seed", 3) == 0
    assert bench("ablation", "--pictures", 5) == 0
    assert asked == [((Path("o"),), {**MODEL, "seed": 3}), ((Path("o"),), {**MODEL, "pictures": 5})]


def test_speed_and_vectors_have_no_model(asked: Asked, tmp_path: Path) -> None:
    assert bench("speed") == 0
    assert bench("vectors", tmp_path) == 0
    assert asked == [((Path("o"),), {"device": "cpu"}), ((tmp_path, Path("o")), {})]


def test_now_takes_a_folder_of_predictions(asked: Asked, tmp_path: Path) -> None:
    given = ["--predictions", tmp_path, "--unit", "m", "--allow-missing"]
    assert bench("now", "--dataset", tmp_path, *given) == 0
    assert bench("now", tmp_path) == 0
    assert [places for places, _ in asked] == [(tmp_path, Path("o"))] * 2
    assert [names["options"][:3] for _, names in asked] == [(tmp_path, "m", True), (None, "mm", False)]


@pytest.mark.parametrize("name", ["annotated", "300w", "300vw", "facescape", "aflw2000", "cofw", "helen", "afw"])
def test_landmark_benchmarks(asked: Asked, tmp_path: Path, name: str) -> None:
    given = ["--predictions", tmp_path, "--methods", "facemesh", "ours", "--offsets", "--every", 5]
    assert bench(name, tmp_path, *given, "--annotation", "reannotated", "--half", "tune") == 0
    assert (
        bench(name, tmp_path, "--methods", "--models", "sopi-open, ofer-open,sopi-open", "--unsettled", "--limit", 3)
        == 0
    )
    ((places, names), (_, others)) = asked
    assert places == (name, tmp_path, Path("o"))
    assert names["half"] == "tune"
    assert names["options"][0] == {
        **{"predictions": tmp_path, "methods": ("facemesh", "ours"), "offsets": True, "every": 5},
        **{"annotation": "reannotated", "models": (), "unsettled": False, "limit": None},
    }
    assert others["options"][0]["methods"] == ()
    assert others["options"][0]["models"] == ("sopi-open", "ofer-open")
    assert others["options"][0]["unsettled"] is True
    assert others["options"][0]["limit"] == 3


def test_co545_and_rof(asked: Asked, tmp_path: Path) -> None:
    assert bench("co545", tmp_path, "--predictions", tmp_path, ".", "--limit", 3) == 0
    assert bench("rof", "--dataset", tmp_path, "--per-kind", 9) == 0
    assert asked[0][1]["options"] == ((tmp_path, Path(".")), "mm", False, {"limit": 3})
    assert asked[1][1]["options"][0] == 9


def test_figures_and_compare(asked: Asked, tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"")
    assert bench("figures", tmp_path) == 0
    assert bench("compare", "a.json", "b.json", "c.json") == 0
    assert asked[0] == (([photo], Path("o")), MODEL)
    assert asked[1][0] == ((Path("a.json"), Path("b.json"), Path("c.json")), Path("o"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["noses", "/nonexistent"], 2, "bench has no 'noses'. fix: valid: now, co545"),
        (["photos", "/nonexistent"], 1, "is not a folder"),
        (["photos"], 2, "name it with --dataset"),
        (["photos", ".", "--dataset", "."], 2, "named twice"),
        (["photos", ".", "--predictions", "."], 2, "misplaced options: --predictions"),
        (["now", ".", "--predictions", "/nonexistent"], 1, "is not a folder"),
        (["compare", "a.json"], 2, "nothing to compare"),
        (["figures", "/nonexistent/*.jpg"], 1, "nonexistent"),
    ],
)
def test_mistakes(asked: Asked, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str) -> None:
    assert bench(*arguments) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert asked == []


def test_vectors_are_for_the_cpu_alone(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["bench", "vectors", ".", "--device", "cuda", "--out", "o"]) == 2
    assert "vectors are those of a CPU" in capsys.readouterr().err


def test_distill_measures_people_and_the_photos_that_are_named(asked: Asked, tmp_path: Path) -> None:
    assert bench("distill", "--people", 9) == 0
    assert bench("distill", tmp_path, "--runs", tmp_path, "--networks", "teacher=t.safetensors") == 0
    (_, parts, photos, (options,)), _ = asked[0]
    assert (parts, photos, options["n_people"]) == (("people",), None, 9)
    assert "networks" not in options  # the open ones
    (_, parts, photos, (options,)), _ = asked[1]
    assert (parts, photos) == (("people", "photos"), tmp_path)
    assert options["networks"] == {"sopi": str(tmp_path / "sopi"), "teacher": "t.safetensors"}


def test_distill_figures(asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("distill-figures", "--seed", 4) == 0
    (out, photos, (options,)), _ = asked[0]
    assert (out, photos, options["seed"]) == (Path("o"), (), 4)
    assert bench("distill-figures", "--networks", "teacher") == 2
    assert "NAME=FILE" in capsys.readouterr().err


def test_personal_figures(asked: Asked, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"")
    assert bench("personal-figures", tmp_path, "--models", "ofer-open,sopi-open", "--drive", photo) == 0
    assert asked == [(([photo], Path("o"), ("ofer-open", "sopi-open"), [photo]), {"seed": 0, "device": "cpu"})]
    assert bench("personal-figures", tmp_path, "--models", ",") == 2
    assert "no model" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--persons", "--skins", "--steps", "--frames"])
def test_numbers_that_measure_nothing(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("personal", option, 0) == 2
    assert f"{option} is 0" in capsys.readouterr().err
