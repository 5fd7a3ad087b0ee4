"""`manyfaces reconstruct --layout official` with a stand-in for the model."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from manyfaces.cli import app
from manyfaces.io.face_crops import read_face_crops
from manyfaces.pipeline.official import PreparedResult


@pytest.fixture
def asked(monkeypatch):
    """What the model was loaded with and asked for; every face is one triangle."""
    asked = []

    def load(name, device, head, compat):
        asked.append((name, device.type, head, compat))
        return "model"

    def reconstruct(model, portrait, options):
        read_face_crops(portrait)
        asked.append((portrait.name, options.seed, options.n_expressions, options.sampler))
        vertices = torch.eye(3).repeat(options.n_expressions, 1, 1)
        return PreparedResult(vertices[0], vertices, torch.tensor([[0, 1, 2]]))

    monkeypatch.setattr("manyfaces.pipeline.loading.load_ofer", load)
    monkeypatch.setattr("manyfaces.pipeline.official.reconstruct_prepared", reconstruct)
    return asked


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    for name in ("one", "two", "lone", "spoiled"):
        Image.new("RGB", (224, 224)).save(f"data/{name}.jpg")
        np.save(f"data/{name}.npy", np.zeros((3, 112, 112), np.float32))
    Path("data/lone.npy").unlink()
    Path("data/spoiled.npy").write_bytes(b"\x93NUMPY")


def run(capsys, *arguments):
    code = app.run(["reconstruct", *arguments, "--layout", "official", "--out", "out"])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_whole_list(capsys, asked, prepared):
    Path("4.txt").write_text("one.jpg\ntwo.jpg\n")
    options = "--image-root data --model ofer-flame20 --compat official --seed 1 --n-expressions 2 --sampler ddpm"
    code, out, err = run(capsys, "4.txt", *options.split(), "--device", "cpu")
    assert (code, err) == (0, "")
    assert "2 of 2 done" in out
    assert asked == [("ofer-flame20", "cpu", None, "official"), ("one.jpg", 1, 2, "ddpm"), ("two.jpg", 1, 2, "ddpm")]
    written = sorted(str(path) for path in Path("out").rglob("*.ply"))
    flame = [f"out/flamesample/{name}_0_{k}.ply" for name in ("one", "two") for k in (0, 1)]
    assert written == [*flame, "out/shapesample/one_0.ply", "out/shapesample/two_0.ply"]


def test_dead_ends_do_not_stop_the_rest(capsys, asked, prepared):
    Path("4.txt").write_text("lone.jpg\nspoiled.jpg\nabsent.jpg\ntwo.jpg\n")
    code, out, err = run(capsys, "4.txt", "--image-root", "data")
    assert code == 1
    assert "1 of 4 done" in out
    lines = err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") and ". fix: " in line for line in lines)
    for line, said in zip(
        lines, ("no lone.npy beside it", "absent.jpg is not in data", "data/spoiled.npy"), strict=True
    ):
        assert said in line
    assert Path("out/shapesample/two_0.ply").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("4.txt",), "needs --image-root"),
        (("4.txt", "5.txt", "--image-root", "data"), "got 2 lists"),
        (("4.txt", "--image-root", "data", "--resume"), "--resume is not for"),
        (("4.txt", "--image-root", "data", "--n-identities", "0"), "--n-identities is 0"),
    ],
)
def test_wrong_usage(capsys, asked, prepared, arguments, said):
    Path("4.txt").write_text("one.jpg\n")
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert said in err
    assert asked == []


def test_an_image_root_without_a_list_is_wrong_usage(capsys, prepared):
    assert app.run(["reconstruct", "data/one.jpg", "--image-root", "data", "--out", "out"]) == 2
    assert "add --layout official" in capsys.readouterr().err
