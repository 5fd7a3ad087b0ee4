"""`manyfaces data`: what it prints, what it refuses, with its exit codes."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from manyfaces.cli.app import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of two people in the published layout."""
    root, table = tmp_path / "data", {}
    for person in ("F1", "F2"):
        stem = root / "LYHM" / "arcface_input" / person / "1C"
        truth = root / "LYHM" / "FLAME23_parameters" / person / "scan.npz"
        for path in (stem, truth):
            path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (224, 224), (190, 120, 90)).save(f"{stem}.jpg")
        colours = np.array([190, 120, 90], np.float32)[:, None, None] + np.zeros((3, 112, 112), np.float32)
        np.save(f"{stem}.npy", (colours - 127.5) / 127.5)
        np.savez(truth, shape=np.zeros(300, np.float32))
        table[person] = [f"{person}/scan.npz", [f"{person}/1C.png"]]
    path = root / "image_paths" / "arcface23" / "LYHM.npy"
    path.parent.mkdir(parents=True)
    np.save(path, table, allow_pickle=True)  # type: ignore[arg-type]
    return root / "LYHM"


def test_check_and_pack(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", str(folder)]) == 0
    assert capsys.readouterr().out == "LYHM: 2 photos, 2 items, 2 people; known: identity of flame23\n"
    out = tmp_path / "shards"
    assert run(["data", "pack", str(folder), "--out", str(out), "--photos-per-shard", "1"]) == 0
    assert capsys.readouterr().out == f"shards: 2 photos, 2 items, 2 people; known: identity of flame23 -> {out}\n"
    assert run(["data", "check", str(out)]) == 0
    (out / "shard-000001.tar").write_bytes(b"")
    assert run(["data", "check", str(out), str(folder)]) == 1
    said = capsys.readouterr()
    assert "checksum" in said.err
    assert "LYHM: 2 photos" in said.out


def test_missing_files(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "arcface_input" / "F2" / "1C.jpg").unlink()
    assert run(["data", "check", str(folder)]) == 1
    line = capsys.readouterr().err
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    assert "F2/1C.jpg is missing" in line
    assert run(["data", "check", str(folder), "--missing", "skip"]) == 1
    said = capsys.readouterr()
    assert "LYHM: 1 photos" in said.out
    assert "1 photos left out, files missing: LYHM/F2/1C" in said.err
    assert run(["data", "pack", str(folder), "--missing", "skip", "--out", str(tmp_path / "shards")]) == 0


def test_swapped_channels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check", str(folder), "--channels", "bgr"]) == 0
    assert capsys.readouterr().err.startswith("warning: LYHM: red and blue look exchanged in 2 of 2")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["data", "pack", "--out", "OUT"], 2, "no set was named"),
        (["data", "check"], 2, "no set was named"),
        (["data", "check", "nowhere"], 1, "nowhere is not a folder"),
        (["data", "pack", "nowhere", "--out", "OUT", "--photos-per-shard", "0"], 2, "--photos-per-shard is 0"),
        (["data", "prepare", "famos", "meshes", "--head", "openhead", "--out", "OUT"], 2, "--photos DIR"),
        (["data", "prepare", "coma", "meshes", "--head", "openhead", "--out", "OUT"], 1, "no registrations"),
    ],
)
def test_wrong_use(
    arguments: list[str],
    code: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == code
    line = capsys.readouterr().err
    assert says in line
    assert line.count("\n") == 1


def test_lists_and_head_by_name(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lists = folder.parent / "image_paths"
    shutil.copytree(lists / "arcface23", lists / "arcface20")
    assert run(["data", "check", str(folder)]) == 1
    assert "--lists arcface20" in capsys.readouterr().err
    assert run(["data", "check", str(folder), "--lists", "arcface23"]) == 0
    pack = ["data", "pack", str(folder), "--lists", "arcface23", "--out", str(tmp_path / "shards")]
    assert run([*pack, "--head", "flame20"]) == 1
    assert "FLAME_parameters" in capsys.readouterr().err
    assert run([*pack, "--head", "flame23"]) == 0


def test_align_the_faces_of_a_folder(tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, out = tmp_path / "photos", tmp_path / "faces"
    photos.mkdir()
    shutil.copy(repository / "examples" / "astronaut.jpg", photos / "a.jpg")
    Image.new("RGB", (200, 200), (90, 90, 90)).save(photos / "wall.png")
    assert run(["data", "align", "photos", str(photos), "--out", str(out), "--size-px", "64"]) == 0
    said = capsys.readouterr()
    assert said.out == f"photos: 1 faces of 64 px -> {out}\n"
    assert said.err == (
        f"1 photos are left out, such as wall.png: no face was found; {out / 'left_out.json'} lists them\n"
    )
    assert run(["data", "check", str(out)]) == 0
    assert capsys.readouterr().out == "photos: 1 faces of 64 px\n"
    shard = out / "shard-000000.tar"
    shard.write_bytes(shard.read_bytes()[:-1])
    assert run(["data", "check", str(out)]) == 1
    assert "checksum" in capsys.readouterr().err


def test_align_what_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, said in (
        (["photos", "empty"], "holds no pictures"),
        (["celeba", "empty"], "holds no img_align_celeba or img_celeba"),
        (["aflw2000", "empty"], "holds no image*.mat"),
        (["photos", "gone"], "is not a folder"),
        (["photos", "empty", "--size-px", "3"], "--size-px is 3"),
    ):
        kind, folder, *rest = arguments
        assert run(["data", "align", kind, str(tmp_path / folder), "--out", str(tmp_path / "out"), *rest]) != 0
        line = capsys.readouterr().err
        assert said in line
        assert line.count("\n") == 1
