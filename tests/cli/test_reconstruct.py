"""`manyfaces reconstruct` with a stand-in for the model: what is written, skipped, reported and returned."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from manyfaces.cli import app
from manyfaces.core.errors import AssetError, NoFaceError, OutputError
from manyfaces.io.image import read_image
from manyfaces.pipeline.export import RESULT_FILES


class FakePredictor:
    """Finds as many faces as the photo's name says, and keeps what it was asked."""

    def __init__(self, synthetic):
        self.synthetic = synthetic
        self.asked = []

    def from_pretrained(self, name, device, head, compat):
        self.loaded = (name, device, head, compat)
        return self

    def reconstruct(self, image, **options):
        self.asked.append((Path(image).name, options))
        read_image(image)
        if "nobody" in Path(image).name:
            raise NoFaceError("no face was found", "try a larger picture")
        if "bug" in Path(image).name:
            raise ZeroDivisionError("division by zero")
        if "interrupt" in Path(image).name:
            raise KeyboardInterrupt
        n_faces = 2 if "two" in Path(image).name else 1
        return self.results(n_faces, options)

    def look(self, image, **options):
        self.reconstruct(image, **options)
        return [f"face on {Path(image).name}"]

    def reconstruct_person(self, faces, **options):
        self.person = (faces, options)
        return self.results(len(faces), options)

    def results(self, n_faces, options):
        return [self.synthetic.ball_reconstruction(2, seed=options["seed"]) for _ in range(n_faces)]


@pytest.fixture
def predictor(synthetic, monkeypatch):
    fake = FakePredictor(synthetic)
    monkeypatch.setattr("manyfaces.pipeline.Predictor", fake, raising=False)
    monkeypatch.setattr("manyfaces.pipeline.export.draw_overview", lambda result: np.zeros((8, 8, 3), np.uint8))
    monkeypatch.delenv("MANYFACES_DEBUG", raising=False)
    return fake


@pytest.fixture
def photos(tmp_path, monkeypatch):
    folder = tmp_path / "photos"
    folder.mkdir()
    for k, name in enumerate(("one.jpg", "two.png", "nobody.jpg")):
        Image.fromarray(np.full((64, 64, 3), 40 * k, np.uint8)).save(folder / name)
    monkeypatch.chdir(tmp_path)
    return folder


def run(capsys, *arguments):
    code = app.run(["reconstruct", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_one_photo(capsys, predictor, photos):
    code, out, err = run(capsys, photos / "one.jpg", "--out", "out", "--seed", 3, "--device", "cpu")
    assert (code, err) == (0, "")
    assert sorted(p.name for p in Path("out/one").iterdir()) == sorted(RESULT_FILES)
    assert "1 face" in out
    assert predictor.loaded == ("ofer-open", "cpu", None, "none")
    report = json.loads(Path("out/one/report.json").read_text())
    assert report["photo"]["name"] == "one.jpg"
    assert report["run"]["seed"] == 3
    (asked,) = predictor.asked
    assert asked[1] == {
        "occlusion": "auto",
        "identities": "best",
        "n_identities": 100,
        "n_expressions": 15,
        "seed": 3,
        "face": "all",
        "sampler": "fast",
        "settle": None,
    }


def test_it_says_which_picture_to_open(capsys, predictor, photos):
    _, out, _ = run(capsys, photos / "one.jpg", "--out", "out")
    named = out.strip().splitlines()[-1].removeprefix("Open ")
    assert Path(named).name == "overview.png"
    assert Path(named).is_file()


def test_a_folder_where_one_fails(capsys, predictor, photos):
    code, out, err = run(capsys, photos, "--out", "out")
    assert code == 1
    assert len(predictor.asked) == 3
    assert Path("out/one/report.json").exists()
    assert not Path("out/nobody").exists()
    assert json.loads(Path("out/two/report.json").read_text())["faces"] == ["face_0", "face_1"]
    assert "2 of 3 done" in out
    assert "1 failed" in out
    assert err == f"error: {photos / 'nobody.jpg'}: no face was found. fix: try a larger picture\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [("zero.jpg", b""), ("cut.jpg", None), ("text.png", b"hello"), ("absent.jpg", "absent"), ("folder.jpg", "folder")],
)
def test_bad_pictures_are_one_line_and_lose_nothing(capsys, predictor, photos, name, content):
    run(capsys, photos / "one.jpg", "--out", "out")
    before = {p: p.read_bytes() for p in Path("out/one").iterdir()}
    if content is None:
        content = (photos / "one.jpg").read_bytes()[:300]
    if content == "folder":
        (photos / name).mkdir()
    elif content != "absent":
        (photos / name).write_bytes(content)
    code, _, err = run(capsys, photos / name, photos / "one.jpg", "--out", "out")
    assert code == 1
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert name in err
    assert {p: p.read_bytes() for p in Path("out/one").iterdir()} == before


def test_a_bug_stops_one_photo_only(capsys, predictor, photos):
    (photos / "bug.jpg").write_bytes((photos / "one.jpg").read_bytes())
    code, _, err = run(capsys, photos / "bug.jpg", photos / "one.jpg", "--out", "out")
    assert code == 1
    assert err.count("\n") == 1
    assert "ZeroDivisionError" in err
    assert Path("out/one/report.json").exists()


def test_resume_skips_what_is_complete(capsys, predictor, photos):
    run(capsys, photos, "--out", "out")
    predictor.asked.clear()
    code, out, _ = run(capsys, photos, "--out", "out", "--resume")
    assert [name for name, _ in predictor.asked] == ["nobody.jpg"]
    assert code == 1
    assert "2 skipped" in out


@pytest.mark.parametrize("harm", ["lost file", "damaged report", "lost face", "other seed", "other photo", "no resume"])
def test_resume_does_again_what_is_not(capsys, predictor, photos, harm):
    arguments = [photos / "two.png", "--out", "out"]
    assert run(capsys, *arguments)[0] == 0
    predictor.asked.clear()
    extra = [] if harm == "no resume" else ["--resume"]
    if harm == "lost file":
        Path("out/two/face_1/faces.glb").unlink()
    elif harm == "damaged report":
        Path("out/two/report.json").write_text("{")
    elif harm == "lost face":
        Path("out/two/face_1/report.json").unlink()
    elif harm == "other seed":
        extra += ["--seed", "1"]
    elif harm == "other photo":
        Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(photos / "two.png")
    assert run(capsys, *arguments, *extra)[0] == 0
    assert len(predictor.asked) == 1
    predictor.asked.clear()
    assert run(capsys, *arguments, *[e for e in extra if e != "--resume"], "--resume")[0] == 0
    assert predictor.asked == []


def test_resume_with_nothing_to_do_loads_no_model(capsys, predictor, photos):
    run(capsys, photos / "one.jpg", "--out", "out")
    del predictor.loaded
    code, out, _ = run(capsys, photos / "one.jpg", "--out", "out", "--resume")
    assert code == 0
    assert "1 skipped" in out
    assert not hasattr(predictor, "loaded")


def test_choices_reach_the_model(capsys, predictor, photos):
    Image.fromarray(np.zeros((64, 64), np.uint8)).save("mask.png")
    arguments = "--occlusion mask.png --identities varied --n-identities 7 --n-expressions 2 --face 1 --sampler ddpm"
    arguments += " --settle yes --head flame20.npz --compat halve_jaw"
    code, _, err = run(capsys, photos / "one.jpg", "-o", "out", *arguments.split())
    assert (code, err) == (0, "")
    assert predictor.asked[0][1] == {
        "occlusion": Path("mask.png"),
        "identities": "varied",
        "n_identities": 7,
        "n_expressions": 2,
        "seed": 0,
        "face": 1,
        "sampler": "ddpm",
        "settle": True,
    }
    assert predictor.loaded[2:] == ("flame20.npz", "halve_jaw")


def test_one_person(capsys, predictor, photos):
    (photos / "cut.jpg").write_bytes((photos / "one.jpg").read_bytes()[:300])
    code, out, err = run(capsys, photos, "--out", "out", "--one-person", "--seed", 4)
    assert code == 1
    cut, nobody = err.splitlines()
    assert cut.startswith(f"error: {photos / 'cut.jpg'}")
    assert nobody.startswith(f"error: {photos / 'nobody.jpg'}: no face was found")
    faces, options = predictor.person
    assert faces == ["face on one.jpg", "face on two.png"]
    assert (options["face"], options["seed"]) == ("largest", 4)
    assert "2 of 4 done" in out
    assert not Path("out/nobody").exists()
    shared = [{"photo": "one.jpg", "folder": "one"}, {"photo": "two.png", "folder": "two"}]
    for name, photo in (("one", "one.jpg"), ("two", "two.png")):
        assert sorted(p.name for p in Path("out", name).iterdir()) == sorted(RESULT_FILES)
        report = json.loads(Path("out", name, "report.json").read_text())
        assert report["photo"]["name"] == photo
        assert report["run"]["one_person"] == shared
        assert (report["run"]["photo"], report["run"]["face"]) == (photo, "largest")
    # Photos done as one person's are not those that each photo gives by itself.
    predictor.asked.clear()
    assert run(capsys, photos / "one.jpg", "--out", "out", "--seed", 4, "--face", "largest", "--resume")[0] == 0
    assert len(predictor.asked) == 1


def test_one_person_of_nobody(capsys, predictor, photos):
    code, _, err = run(capsys, photos / "nobody.jpg", "--out", "out", "--one-person", "--face", 1)
    assert (code, err.count("\n")) == (1, 1)
    assert predictor.asked[0][1]["face"] == 1
    assert not hasattr(predictor, "person")
    code, _, err = run(capsys, photos, "--out", "out", "--one-person", "--resume")
    assert code == 2
    assert "--resume goes photo by photo" in err


def test_masks_that_cannot_be_meant(capsys, predictor, photos):
    Path("mask.png").write_bytes(b"")
    code, _, err = run(capsys, photos, "--out", "out", "--occlusion", "mask.png")
    assert code == 2
    assert "one mask" in err
    for mask, said in (("absent.png", "no such file"), (photos, "a directory")):
        code, _, err = run(capsys, photos / "one.jpg", "--out", "out", "--occlusion", mask)
        assert code == 1
        assert said in err
    assert predictor.asked == []


def test_out_that_cannot_be_written(capsys, predictor, photos, monkeypatch):
    Path("file").write_text("mine")
    for out in ("file", "file/deeper"):
        code, _, err = run(capsys, photos / "one.jpg", "--out", out)
        assert code == 1
        assert err.count("\n") == 1
        assert "error: " in err
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # tests may run as root, who may write anywhere
    code, _, err = run(capsys, photos / "one.jpg", "--out", "locked")
    assert code == 1
    assert "cannot write into locked" in err
    assert predictor.asked == []


def test_a_full_disk_is_reported_for_its_photo(capsys, predictor, photos, monkeypatch):
    def full(folder, files):
        raise OutputError(f"cannot write {folder}: No space left on device", "make room")

    monkeypatch.setattr("manyfaces.pipeline.export.write_bundle", full)
    code, _, err = run(capsys, photos / "one.jpg", "--out", "out")
    assert code == 1
    assert "No space left" in err
    assert err.count("\n") == 1


def test_a_model_that_cannot_be_loaded(capsys, predictor, photos, monkeypatch):
    def absent(name, device, head, compat):
        raise AssetError("no network", "connect, or copy the file")

    monkeypatch.setattr(predictor, "from_pretrained", absent)
    code, _, err = run(capsys, photos, "--out", "out")
    assert (code, err) == (1, "error: no network. fix: connect, or copy the file\n")


def test_a_device_that_is_not_there(capsys, predictor, photos):
    for device in ("cuda:99", "tpu", "cuda:x"):
        code, _, err = run(capsys, photos / "one.jpg", "--out", "out", "--device", device)
        assert code == 1
        assert device in err
        assert err.count("\n") == 1


def test_ctrl_c_keeps_what_is_done(capsys, predictor, photos):
    (photos / "interrupt.jpg").write_bytes((photos / "one.jpg").read_bytes())
    code, _, err = run(capsys, photos / "one.jpg", photos / "interrupt.jpg", photos / "two.png", "--out", "out")
    assert code == 130
    assert err.startswith("stopped")
    assert Path("out/one/report.json").exists()
    assert not Path("out/two").exists()


def test_names_with_line_breaks_stay_one_line(capsys, predictor, photos):
    code, _, err = run(capsys, "no\nsuch.jpg", "--out", "out")
    assert code == 1
    assert err.count("\n") == 1
