"""`manyfaces data prepare` for clips, with the real detector on rendered people, in processes; what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from manyfaces.cli.app import run
from manyfaces.data.clips import clip_batches, open_prepared
from manyfaces.data.people import People, PeopleConfig
from manyfaces.io.face_models import load_face_model
from manyfaces.io.video_writing import write_video
from manyfaces.methods.distill import OPEN

SIDE = 176


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """Six pictures of synthetic people, RGB."""
    people = People(load_face_model("openhead", OPEN.layout), PeopleConfig(size_px=SIDE))
    return people.batch(0, 1, 6).pictures.permute(0, 2, 3, 1).numpy()


@pytest.fixture
def mead(faces: np.ndarray, tmp_path: Path) -> Path:
    """Two subjects, and a wall."""
    root = tmp_path / "MEAD"
    for subject, face in (("M003", faces[0]), ("W009", faces[1]), ("W011", np.full_like(faces[0], 90))):
        path = root / subject / "video" / "front" / "happy" / "level_1" / "001.mp4"
        path.parent.mkdir(parents=True)
        with write_video(path, 25) as video:
            for k in range(4):
                video.add(k / 25, np.roll(face, 3 * k, 1))
    return root


def test_videos_of_rendered_people(mead: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    arguments = ["data", "prepare", "mead", str(mead), "--out", str(out), "--size-px", "64", "--min-confidence", "0.2"]
    assert run([*arguments, "--workers", "2"]) == 0
    said = capsys.readouterr()
    assert said.out == f"MEAD: 8 frames of 64 px, 2 clips, 2 people -> {out}\n"
    assert said.err == f"left out: 4 no face; {out / 'report.json'} lists them\n"
    assert run(arguments) == 0  # nothing is left to do
    assert run(["data", "check", str(out)]) == 0
    batch = clip_batches(open_prepared(out), frames_per_clip=4).batch(0, 0, 8)
    assert sorted(batch.person.unique().tolist()) == [0, 1]
    # The points move with the face no more than the crop does: in its frame the face stands still.
    moved = batch.landmarks_px.unflatten(0, (2, 4)).std(1)
    assert moved.mean() < 1.5
    inside = batch.skin[:, 28:36, 24:40].float().mean()
    assert inside > 150
    shard = next(out.glob("*.tar"))
    shard.write_bytes(shard.read_bytes()[:-1])
    assert run(["data", "check", str(out)]) == 1
    assert "checksum" in capsys.readouterr().err


def test_one_photo_of_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wall").mkdir()
    Image.new("RGB", (90, 90), (90, 90, 90)).save(tmp_path / "wall" / "1.png")
    assert run(["data", "prepare", "any", str(tmp_path / "wall"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "holds no frame: all were left out" in said.err
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["left_out"] == {"no face": 1}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["any", "nowhere", "--out", "OUT"], 1, "there is no folder nowhere"),
        (["mead", ".", "--out", "OUT"], 1, "holds no clips of MEAD"),
        (["celeb-df", ".", "--out", "OUT"], 1, "Celeb-real is missing"),
        (["any", ".", "--out", "OUT", "--every", "0"], 2, "--every is 0"),
        (["any", ".", "--out", "OUT", "--frames-per-clip", "-1"], 2, "--frames-per-clip is -1"),
        (["any", ".", "--out", "OUT", "--min-confidence", "2"], 2, "--min-confidence is 2"),
        (["any", ".", "--out", "OUT", "--facenet", "none.pt"], 2, "there is no file none.pt"),
        (["lfw", ".", "--out", "OUT"], 2, "data prepare has no 'lfw'. fix: valid: famos, coma, bupt"),
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
    assert run(["data", "prepare", *arguments]) == code
    line = capsys.readouterr().err
    assert says in line
    assert line.count("\n") == 1
