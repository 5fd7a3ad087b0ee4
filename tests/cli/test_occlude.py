"""`manyfaces data occlude`, with the networks replaced: what it writes, says and returns."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from manyfaces.cli.app import run
from manyfaces.io.image import write_image
from manyfaces.pipeline import models


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def detector(rgb: np.ndarray) -> list[SimpleNamespace]:
        if rgb.max() == 0:
            return []
        boxes = np.array([[0.0, 0, 9, 9], [50, 50, 150, 150]])
        return [SimpleNamespace(box_px=box, keypoints_px=np.zeros((6, 2))) for box in boxes]

    def mesh(rgb: np.ndarray, crop: object) -> SimpleNamespace:
        points = np.random.default_rng(0).uniform(60, 140, (468, 2))
        points[[33, 133, 362, 263]] = [[70, 90], [90, 90], [110, 90], [130, 90]]
        return SimpleNamespace(points_px=points)

    monkeypatch.setattr(models, "load_detector", lambda: detector)
    monkeypatch.setattr(models, "load_mesh", lambda: mesh)
    monkeypatch.setattr("manyfaces.detect.crop_from_box", lambda box: box.box_px)
    path = tmp_path / "photo.png"
    write_image(path, np.full((200, 200, 3), 150, np.uint8))
    return path


def test_writes_picture_mask_and_record(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(["data", "occlude", str(photo), "--kind", "dsofi", "--out", str(out), "--seed", "1"]) == 0
    names = ["photo_dsofi.json", "photo_dsofi.png", "photo_dsofi_mask.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert "dsofi" in capsys.readouterr().out


def test_a_bad_photo_does_not_stop_the_others(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    black = tmp_path / "black.png"
    write_image(black, np.zeros((64, 64, 3), np.uint8))
    out = tmp_path / "out"
    code = run(
        ["data", "occlude", str(black), str(tmp_path / "none.jpg"), str(photo), "--kind", "blob", "-o", str(out)]
    )
    assert code == 1
    assert (out / "photo_blob.json").exists()
    said = capsys.readouterr().err
    assert "no face was found" in said
    assert "none.jpg" in said
    assert "Traceback" not in said


def test_unknown_kinds_are_refused_before_anything_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "occlude", "x.jpg", "--kind", "hat", "--out", str(tmp_path / "out")]) == 1
    assert "sunglasses" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
