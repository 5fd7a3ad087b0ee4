"""A clip as a folder of results: what is written, what is kept when something ends it, and what animation takes."""

import json

import numpy as np
import pygltflib
import pytest

from manyfaces.core.errors import InputError, NoFaceError, VideoError
from manyfaces.io.frames import open_frames
from manyfaces.io.image import write_image
from manyfaces.io.video_writing import write_video
from manyfaces.pipeline.video import TrackOptions, frame_arrays, read_track, reconstruct_clip
from manyfaces.pipeline.video.clip import OVERVIEW

QUICK = TrackOptions(occlusion="none")


@pytest.fixture
def film(tmp_path, picture):
    """Makes a video of a disc; of frames without one where it says so."""

    def make(n, without=(), name="film.mp4"):
        with write_video(tmp_path / name, 25) as video:
            for k in range(n):
                video.add(k / 25, picture(k, *([] if k in without else [(40 + k, 50, 14)])).rgb)
        return tmp_path / name

    return make


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def test_what_is_written(discs, film, tmp_path):
    told = []
    result = reconstruct_clip(
        film(8, without=(3, 4)), tmp_path / "out", discs, QUICK, {"seed": 0}, progress=lambda *now: told.append(now)
    )
    assert (result.tracked, result.lost, result.faults) == (6, 2, ())
    report = report_of(tmp_path / "out")
    assert (report["complete"], report["run"], report["head"]) == (True, {"seed": 0}, "ball")
    assert report["frames"] == {"tracked": 6, "lost": 2, "expected": 8}
    assert report["lost"] == [{"first": 3, "last": 4, "from_s": 0.12, "until_s": 0.16, "reason": "no face was found"}]
    assert report["identity_from_frames"] == [0, 1, 2, 5, 6, 7]
    assert all((tmp_path / "out" / name).is_file() for name in report["files"])
    assert told[0] == ("who it is", 1, 8)
    assert told[-1] == ("frames", 8, 8)
    shown = list(open_frames(tmp_path / "out" / OVERVIEW))
    assert len(shown) == 8
    assert shown[0].rgb.shape == (96, 192, 3)


def test_the_rows_of_the_track(discs, film, tmp_path):
    reconstruct_clip(film(8, without=(3,)), tmp_path / "out", discs, QUICK)
    track = read_track(tmp_path / "out")
    assert track["number"].tolist() == [0, 1, 2, 4, 5, 6, 7]
    np.testing.assert_allclose(track["time_s"], track["number"] / 25)
    assert track["expression"].shape == (7, 3)
    assert track["points_px"].shape == (7, 468, 2)
    np.testing.assert_allclose(track["camera_translation_px"][:, 0], 40 + track["number"], atol=1.5)
    named = {name for name in track if not name.startswith("camera_")}
    assert all(f"`{name}`" in frame_arrays.__doc__ for name in named)


def test_the_person_at_rest_and_the_arrays_that_animation_reads(discs, film, tmp_path):
    reconstruct_clip(film(3), tmp_path / "out", discs, QUICK)
    document = pygltflib.GLTF2().load(str(tmp_path / "out" / "faces.glb"))
    assert document.meshes[0].extras["targetNames"] == ["first frame"]
    with np.load(tmp_path / "out" / "faces.npz") as arrays:
        assert arrays["identities"][arrays["identity_index"][0], 0] == pytest.approx(200, abs=6)
        assert arrays["vertices"].shape == (1, 162, 3)


def test_what_cannot_be_read_is_told_and_the_rest_is_kept(discs, tmp_path, picture):
    folder = tmp_path / "pictures"
    for k in range(4):
        write_image(folder / f"{k}.png", picture(k, (40, 50, 14)).rgb)
    (folder / "2.png").write_bytes(b"no picture")
    result = reconstruct_clip(folder, tmp_path / "out", discs, QUICK)
    assert result.tracked == 3
    report = report_of(tmp_path / "out")
    assert report["complete"] is False
    assert "2.png is not a picture" in report["faults"][0]["message"]
    assert len(read_track(tmp_path / "out")["number"]) == 3


def test_an_interrupted_run_keeps_what_it_did(discs, film, tmp_path):
    def stop(stage, done, of):
        if (stage, done) == ("frames", 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reconstruct_clip(film(8), tmp_path / "out", discs, QUICK, progress=stop)
    assert read_track(tmp_path / "out")["number"].tolist() == [0, 1, 2]
    assert len(list(open_frames(tmp_path / "out" / OVERVIEW))) == 3
    assert report_of(tmp_path / "out")["complete"] is False
    reconstruct_clip(film(2), tmp_path / "out", discs, QUICK)
    assert len(read_track(tmp_path / "out")["number"]) == 2


def test_a_clip_of_nobody_leaves_nothing(discs, film, tmp_path):
    with pytest.raises(NoFaceError, match=r"film\.mp4: no face was found on any of 3 frames"):
        reconstruct_clip(film(3, without=range(3)), tmp_path / "out", discs, QUICK)
    assert not (tmp_path / "out").exists()
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(VideoError, match="is no video"):
        reconstruct_clip(tmp_path / "text.mp4", tmp_path / "out", discs, QUICK)
    with pytest.raises(InputError, match="holds no frames"):
        read_track(tmp_path)
