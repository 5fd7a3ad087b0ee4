"""`manyfaces personalize` with stand-ins for what takes long: what reaches them, what is said and returned."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from manyfaces.cli import app
from manyfaces.core.errors import InputError
from manyfaces.io.model_folders import PersonCard
from manyfaces.pipeline.person_folder import PersonRecord

RECORD = PersonRecord(
    card=PersonCard("person", "personal-open", ("a", "b"), (16, 16), 3, "1.0"),
    frames=("a", "b", "c"),
    left_out=tuple(f"frame {number}: blurred" for number in range(7)),
    steps=(300, 200),
    seconds=(100.0, 20.4),
    losses=((2.0, 1.0), (1.0, 0.5)),
    learned_share=(0.02, 0.03),
)


@dataclass
class Base:
    person: object = None


@pytest.fixture
def asked(monkeypatch):
    """What reaches the program; `base` and `error` may be changed."""
    seen = {"base": Base(), "error": None}

    def load(name, device):
        seen["loaded"] = (name, str(device))
        return seen["base"]

    def personalize(base, sources, out, eyes, options, say, tick):
        if seen["error"] is not None:
            raise seen["error"]
        seen.update(sources=sources, out=out, options=options, eyes=eyes)
        tick("a film")
        say("3 frames to learn from, 7 left out")
        return RECORD

    monkeypatch.setattr("manyfaces.pipeline.personal_models.load_personal", load)
    monkeypatch.setattr("manyfaces.pipeline.clip_eyes.load_clip_eyes", lambda facenet: ("eyes", facenet))
    monkeypatch.setattr("manyfaces.train.personal.personalize.personalize", personalize)
    return seen


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path)
    return path


def run(capsys, *arguments):
    code = app.run(["personalize", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_settings_reach_the_program(capsys, asked, photo, tmp_path):
    out = tmp_path / "ada"
    options = ("--frames", 9, "--coarse-steps", 5, "--detail-steps", 4, "--width", 8, "--seed", 3, "--base", "mine")
    code, said, errors = run(capsys, photo, tmp_path, "--out", out, *options, "--device", "cpu")
    assert (code, errors) == (0, "")
    assert asked["loaded"] == ("mine", "cpu")
    assert asked["sources"] == [photo, tmp_path]
    assert asked["out"] == out
    assert asked["eyes"] == ("eyes", None)
    given = asked["options"]
    assert (given.gather.frames, given.coarse_steps, given.detail_steps, given.width, given.seed) == (9, 5, 4, 8, 3)
    lines = said.splitlines()
    assert lines[0] == "3 frames to learn from, 7 left out"
    assert lines[1:6] == [f"left out: frame {number}: blurred" for number in range(5)]
    assert lines[6] == f"and 2 more, see {out / 'report.json'}"
    assert lines[7] == "3 frames, 120 s of learning, 2.0% and 3.0% of both networks' parameters"
    assert str(out) in lines[8]


def test_by_default_the_open_base_is_taken(capsys, asked, photo, tmp_path):
    assert run(capsys, photo, "-o", tmp_path / "ada")[0] == 0
    assert asked["loaded"][0] == "personal-open"


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["{photo}"], 2, "out"),
        (["--out", "{tmp}/o"], 2, "no photo, folder or video was named"),
        (["{photo}", "--out", "{tmp}/o", "--frames", "0"], 2, "--frames is 0"),
        (["{photo}", "--out", "{tmp}/o", "--coarse-steps", "-1"], 2, "--coarse-steps is -1"),
        (["{photo}", "--out", "{tmp}/o", "--detail-steps", "0"], 2, "--detail-steps is 0"),
        (["{photo}", "--out", "{tmp}/o", "--width", "0"], 2, "--width is 0"),
        (["{photo}", "--out", "{tmp}/o", "--width", "wide"], 2, "width"),
        (["{tmp}/none.jpg", "--out", "{tmp}/o"], 1, "there is no photo, folder or video"),
        (["{photo}", "--out", "{photo}"], 1, "is a file"),
        (["{photo}", "--out", "{tmp}/o", "--device", "abacus"], 1, "abacus"),
    ],
)
def test_mistakes_are_one_line(capsys, asked, photo, tmp_path, arguments, code, what):
    given = [argument.format(photo=photo, tmp=tmp_path) for argument in arguments]
    found, said, errors = run(capsys, *given)
    assert (found, said) == (code, "")
    assert len(errors.splitlines()) == 1
    assert errors.startswith("error: ")
    assert what in errors
    assert "loaded" not in asked


def test_somebodys_model_is_no_base(capsys, asked, photo, tmp_path):
    asked["base"] = Base("ada")
    code, _, errors = run(capsys, photo, "--out", tmp_path / "o", "--base", "ada")
    assert code == 1
    assert "ada is somebody's model already" in errors


def test_a_base_that_does_not_exist(capsys, photo, tmp_path):
    code, said, errors = run(capsys, photo, "--out", tmp_path / "o", "--base", "nobody")
    assert (code, said) == (1, "")
    assert len(errors.splitlines()) == 1
    assert "nobody" in errors
    assert "personal-open" in errors


def test_a_model_of_another_kind_is_no_base(capsys, photo, tmp_path):
    code, said, errors = run(capsys, photo, "--out", tmp_path / "o", "--base", "sopi-open")
    assert (code, said) == (1, "")
    assert len(errors.splitlines()) == 1
    assert "sopi-open is no base of person-specific models" in errors


def test_nobody_on_the_photos_is_one_line(capsys, asked, photo, tmp_path):
    asked["error"] = InputError("no frame shows a face well enough: wall.png", "give sharper pictures of one person")
    code, _, errors = run(capsys, photo, "--out", tmp_path / "o")
    assert code == 1
    assert errors == "error: no frame shows a face well enough: wall.png. fix: give sharper pictures of one person\n"


def test_ctrl_c_says_so(capsys, asked, photo, tmp_path):
    asked["error"] = KeyboardInterrupt()
    code, _, errors = run(capsys, photo, "--out", tmp_path / "o")
    assert code == 130
    assert errors.startswith("stopped")


def test_few_left_out_are_all_listed(capsys, asked, photo, tmp_path, monkeypatch):
    few = replace(RECORD, left_out=("frame 1: blurred",))
    monkeypatch.setattr("manyfaces.train.personal.personalize.personalize", lambda *_: few)
    _, said, _ = run(capsys, photo, "--out", tmp_path / "o")
    assert said.count("left out") == 1
    assert "more, see" not in said
