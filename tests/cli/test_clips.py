"""`manyfaces reconstruct` on videos, with a stand-in for the tracking."""

import json
from pathlib import Path

import pytest

from manyfaces.cli import app
from manyfaces.core.errors import NoFaceError, VideoError
from manyfaces.pipeline.video import ClipResult


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the stand-in was asked; a clip's name says what it is."""
    calls = []

    def reconstruct_clip(path, folder, predictor, options, run, say, progress):
        calls.append((path.name, options))
        progress("frames", 1, 9)
        if "two" in path.name:
            say("frame 1 shows 2 faces: the largest is followed")
        if "nobody" in path.name:
            raise NoFaceError(f"{path}: no face was found on any of 9 frames", "take another")
        if "stop" in path.name:
            raise KeyboardInterrupt
        faults = (VideoError(f"{path} ends before frame 10", "copy it again"),) if "cut" in path.name else ()
        folder.mkdir(parents=True, exist_ok=True)
        report = {"format": 1, "complete": not faults, "run": run, "files": []}
        (folder / "report.json").write_text(json.dumps(report))
        (folder / "overview.mp4").write_bytes(b"")
        return ClipResult(9, 2, faults, 1.0)

    class Loads:
        def from_pretrained(self, *arguments):
            return self

    monkeypatch.setattr("manyfaces.pipeline.video.reconstruct_clip", reconstruct_clip)
    monkeypatch.setattr("manyfaces.pipeline.Predictor", Loads(), raising=False)
    monkeypatch.chdir(tmp_path)
    for name in ("one.mp4", "two.MOV", "nobody.mkv", "cut.avi", "stop.mp4"):
        (tmp_path / name).write_bytes(name.encode())
    return calls


def run(capsys, *arguments):
    code = app.run(["reconstruct", *map(str, arguments), "--out", "out"])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_one_clip(capsys, asked):
    code, out, err = run(capsys, "one.mp4", "--model", "sopi-open", "--settle", "no", "--face", 1)
    assert (code, err) == (0, "")
    assert "one.mp4: 9 frames, 2 without the face" in out
    assert out.strip().endswith("Open out/one/overview.mp4")
    [(name, options)] = asked
    assert (name, options.occlusion, options.face) == ("one.mp4", "auto", 1)
    assert options.model_options == {"seed": 0, "settle": False}
    report = json.loads(Path("out/one/report.json").read_text())
    assert report["run"]["photo"] == "one.mp4"
    assert (report["run"]["model"], report["run"]["settle"], report["run"]["face"]) == ("sopi-open", False, 1)


def test_what_fails_is_told_and_does_not_stop_the_others(capsys, asked):
    code, out, err = run(capsys, "nobody.mkv", "cut.avi", "two.MOV")
    assert code == 1
    assert [name for name, _ in asked] == ["nobody.mkv", "cut.avi", "two.MOV"]
    assert err.splitlines() == [
        "two.MOV: frame 1 shows 2 faces: the largest is followed",
        "error: nobody.mkv: no face was found on any of 9 frames. fix: take another",
        "error: cut.avi ends before frame 10. fix: copy it again",
    ]
    assert Path("out/cut/report.json").is_file()
    assert "1 of 3 done" in out


def test_finished_clips_are_skipped_and_cut_ones_are_not(capsys, asked):
    run(capsys, "one.mp4", "cut.avi")
    code, out, _ = run(capsys, "one.mp4", "cut.avi", "--resume")
    assert code == 1
    assert [name for name, _ in asked] == ["one.mp4", "cut.avi", "cut.avi"]
    assert "1 skipped" in out
    run(capsys, "one.mp4", "--resume", "--seed", 3)
    assert asked[-1][1].model_options["seed"] == 3


def test_an_interruption_ends_it(capsys, asked):
    assert run(capsys, "stop.mp4", "one.mp4")[0] == 130
    assert [name for name, _ in asked] == ["stop.mp4"]


def test_what_cannot_be_meant_of_videos(capsys, asked):
    code, _, err = run(capsys, "one.mp4", "--one-person")
    assert (code, "--one-person is for photos" in err) == (2, True)
    code, _, err = run(capsys, "one.mp4", "--occlusion", "mask.png")
    assert (code, "no such file" in err) == (1, True)
    Path("mask.png").write_bytes(b"")
    code, _, err = run(capsys, "one.mp4", "--occlusion", "mask.png")
    assert (code, "one mask cannot fit all frames" in err) == (2, True)
    code, _, err = run(capsys, "one.mp4", "--model", "sopi-open", "--sampler", "ddpm")
    assert (code, "takes no sampler" in err) == (1, True)
    assert asked == []
