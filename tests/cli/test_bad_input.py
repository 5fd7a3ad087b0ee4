"""The whole program on bad input: one clear line and a code for each, and the good photos are done all the same."""

import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from manyfaces import assets
from manyfaces.assets import shipped
from manyfaces.cli import app
from manyfaces.pipeline.export import RESULT_FILES

QUICK = ("--n-identities", "3", "--n-expressions", "2", "--device", "cpu")


@pytest.fixture(scope="module")
def photos(repository, tmp_path_factory):
    """One good photo, odd ones that still are photos, and every kind of bad one."""
    folder = tmp_path_factory.mktemp("photos")
    content = (repository / "examples" / "astronaut.jpg").read_bytes()
    (folder / "good.jpg").write_bytes(content)
    (folder / "cut.jpg").write_bytes(content[: len(content) // 2])
    (folder / "zero.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture\n" * 20)
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    Image.new("1", (20_000, 20_000)).save(folder / "huge.png")
    Image.new("RGB", (200, 200), (120, 120, 120)).save(folder / "nobody.png")
    (folder / "folder.jpg").mkdir()
    face = Image.open(folder / "good.jpg").resize((240, 240))
    face.save(folder / "an animation é.gif", save_all=True, append_images=[face.rotate(90)])
    face.convert("CMYK").save(folder / "cmyk.jpg")
    twice = Image.new("RGB", (480, 240))
    twice.paste(face, (0, 0))
    twice.paste(face, (240, 0))
    twice.save(folder / "twice.png")
    return folder


def run(capfd, *arguments):
    """Exit code and stderr; of the process itself, for libraries in C write there too."""
    code = app.run([*map(str, arguments)])
    printed = capfd.readouterr().err
    assert "Traceback" not in printed
    assert "unexpected" not in printed
    return code, printed.splitlines()


def one_error(capfd, *arguments):
    """The only line of a run that fails."""
    code, lines = run(capfd, *arguments)
    assert code in (1, 2)
    (line,) = lines
    assert line.startswith("error: ")
    return line


def test_a_batch_of_bad_photos_does_the_good_ones(capfd, photos, tmp_path):
    dead_ends = (photos / "folder.jpg", photos / "*.bmp", photos / "absent.jpg", "")
    code, lines = run(capfd, "reconstruct", photos, *dead_ends, "--out", tmp_path, *QUICK)
    assert code == 1
    bad = {
        "cut.jpg": "truncated",
        "zero.jpg": "empty",
        "text.jpg": "not a picture",
        "dot.png": "1x1",
        "huge.png": "too many pixels",
        "nobody.png": "no face",
        "absent.jpg": "does not exist",
        "folder.jpg": "no pictures",
        "*.bmp": "no picture",
        "name is empty": "name",
    }
    assert len(lines) == len(bad)
    for name, reason in bad.items():
        (line,) = [line for line in lines if name in line]
        assert line.startswith("error: ")
        assert reason in line
        assert ". fix: " in line
    done = {"good", "an animation é", "cmyk", "twice/face_0", "twice/face_1"}
    assert {path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("faces.glb")} == done
    for name in done:
        assert sorted(os.listdir(tmp_path / name)) == sorted(RESULT_FILES)
        assert json.loads((tmp_path / name / "report.json").read_text())["complete"]


def test_a_face_or_mask_that_does_not_fit(capfd, photos, tmp_path):
    good, out = photos / "good.jpg", ("--out", tmp_path / "out", *QUICK)
    assert "no face 99" in one_error(capfd, "reconstruct", good, *out, "--face", "99")
    Image.new("L", (100, 100)).save(tmp_path / "small.png")
    assert "100x100" in one_error(capfd, "reconstruct", good, *out, "--occlusion", tmp_path / "small.png")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--identities", "varied", "--n-expressions", "9"), "9 varied hypotheses"),
        (("--n-identities", "1000000000"), "n_identities is 1000000000"),
        (("--n-expressions", "1000000"), "n_expressions is 1000000"),
        (("--model", "nose"), "unknown model 'nose'"),
    ],
)
def test_what_cannot_be_meant_is_said_once_for_all_photos(capfd, photos, tmp_path, arguments, said):
    assert said in one_error(capfd, "reconstruct", photos, "--out", tmp_path, *QUICK, *arguments)


def test_a_damaged_weight_file_is_named(capfd, photos, tmp_path, monkeypatch):
    folder = shutil.copytree(shipped.packaged_folder(), tmp_path / "files")
    damaged = folder / "ofer-open" / "idgen.safetensors"
    content = bytearray(damaged.read_bytes())
    content[-1000] ^= 1
    damaged.write_bytes(content)
    monkeypatch.setattr(shipped, "packaged_folder", lambda: folder)
    line = one_error(capfd, "reconstruct", photos, "--out", tmp_path / "out", *QUICK)
    assert str(damaged) in line
    assert "checksum" in line


def test_without_network_the_missing_files_are_said_once(capfd, photos, tmp_path, empty_cache, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for arguments in (("reconstruct", photos, "--out", tmp_path / "out", *QUICK), ("assets", "fetch")):
        line = one_error(capfd, *arguments)
        assert "network" in line
        assert str(empty_cache) in line
    assert all(status.state == "missing" for status in assets.list_assets())


def test_training_into_a_file_fails_before_it_begins(capfd, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert "file" in one_error(capfd, "train", "points", "--recipe", "open-tiny", "--out", out)
    assert "--steps" in one_error(capfd, "train", "points", "--steps", "0", "--out", tmp_path / "runs")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_behind_stdout_is_no_bug(capfd, monkeypatch):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert "No space left" in one_error(capfd, "models")
        monkeypatch.undo()
        full_descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(full_descriptor, full.fileno())  # else closing it would fail
        os.close(full_descriptor)


@pytest.mark.parametrize(
    ("photo", "said"),
    [
        (np.zeros((64, 64, 3), np.float32), "float32"),
        (np.zeros((64, 64, 2), np.uint8), "shape"),
        (np.zeros((0, 64, 3), np.uint8), "no pixels"),
    ],
)
def test_arrays_of_another_kind_are_refused_in_words(photo, said):
    from manyfaces.core.errors import ImageError
    from manyfaces.io.image import read_image

    with pytest.raises(ImageError, match=said):
        read_image(photo)
