"""A clip from its tracked frames to the files on the disk."""

import json

import numpy as np
import pytest
import torch

from manyfaces.core.errors import ChoiceError, InputError, NoFaceError, OutputError, VideoError
from manyfaces.heads import HeadModel
from manyfaces.io.frames import FrameStream, open_frames
from manyfaces.pipeline.animation import PlayOptions, animate
from manyfaces.pipeline.video import LostFrame

FPS = 25.0
FILES = ["animation.glb", "animation.npz", "report.json", "side_by_side.mp4"]


def stream(n=None, fault=None):
    frames = FrameStream("clip", FPS, n, (found for found in ([] if fault is None else [fault])))
    list(frames)
    return frames


def lost(number):
    return LostFrame(number, number / FPS, "no face was found")


@pytest.fixture
def moving(open_head, open_clip, tracked):
    """Twelve frames of somebody who talks and turns."""
    rows = range(0, 36, 3)
    return [
        tracked(
            open_head,
            k,
            open_clip[0][row],
            open_clip[1][row],
            (0.02 * k, -0.05 * k, 0.0),
            (0.002 * k, 0.0, 0.8 + 0.01 * k),
        )
        for k, row in enumerate(rows)
    ]


def test_files_hold_what_the_model_does(open_character, moving, tmp_path, gltf_player):
    out = tmp_path / "out"
    report = animate(open_character, stream(12), moving, out, with_vertices=True, run={"by": "test"})
    assert sorted(p.name for p in out.iterdir()) == FILES
    saved = json.loads((out / "report.json").read_text())
    assert saved["frames"] == {"looked_at": 12, "tracked": 12, "lost": 0}
    assert saved["complete"] is True
    assert saved["clip"] == {"name": "clip", "fps": 25.0, "faults": []}
    assert saved["run"] == {"by": "test"}
    assert report["morph_targets"] == saved["morph_targets"] > 0
    player = gltf_player.Player((out / "animation.glb").read_bytes())
    with np.load(out / "animation.npz") as file:
        arrays = dict(file)
    times, _ = player.tracks["weights"]
    np.testing.assert_allclose(times, arrays["times_s"], atol=1e-6)
    np.testing.assert_allclose(arrays["times_s"], np.arange(12) / FPS)
    for k, seen in enumerate(moving):
        result = seen.reconstruction
        vertices = open_character.vertices(result.expressions[0], result.jaw[0]).numpy()
        np.testing.assert_allclose(arrays["vertices"][k], vertices, atol=1e-6)
        np.testing.assert_allclose(player.shape(k), vertices, atol=1.1e-4)
        # Seen by the first frame's camera, the moved mesh is where the frame's own camera sees the frame's.
        cameras, first = result.cameras, moving[0].reconstruction.cameras
        there = torch.from_numpy(player.world(k)).float() @ first.rotation[0].T + first.translation[0]
        here = torch.from_numpy(vertices) @ cameras.rotation[0].T + cameras.translation[0]
        torch.testing.assert_close(there, here, atol=2e-4, rtol=0)


def test_the_video_is_as_long_as_the_clip(somebody, ball, tracked, tmp_path):
    seen = [lost(0), lost(1), *(tracked(ball, k) for k in range(2, 6)), lost(6), tracked(ball, 7), lost(8)]
    report = animate(somebody, stream(9), seen, tmp_path)
    assert report["frames"] == {"looked_at": 9, "tracked": 5, "lost": 4}
    assert report["lost"][2] == {"frame": 6, "time_s": 0.24, "reason": "no face was found"}
    frames = [frame.rgb for frame in open_frames(tmp_path / "side_by_side.mp4")]
    assert len(frames) == 9
    assert frames[0].shape == (48, 64 + 48, 3)
    driver = [float(frame[:, :60].mean()) for frame in frames]
    assert driver == pytest.approx([16, 16, 16, 24, 32, 40, 40, 56, 56], abs=3)
    with np.load(tmp_path / "animation.npz") as file:
        assert file["frames"].tolist() == [2, 3, 4, 5, 7]
        assert file["times_s"][0] == pytest.approx(0.08)


def test_large_clips_are_shown_smaller(somebody, ball, tracked, tmp_path):
    animate(somebody, stream(1), [tracked(ball, 0, size=(100, 60))], tmp_path, PlayOptions(height_px=50))
    (frame,) = open_frames(tmp_path / "side_by_side.mp4")
    assert frame.rgb.shape == (50, 30 + 50, 3)


def test_the_first_frame_can_be_the_resting_face(somebody, ball, tracked, tmp_path):
    seen = [tracked(ball, k, [1.0 + k, 0.5, 0.0], (0.1, 0.0, 0.0)) for k in range(3)]
    animate(somebody, stream(3), seen, tmp_path, PlayOptions(neutral="first"))
    with np.load(tmp_path / "animation.npz") as file:
        np.testing.assert_allclose(file["expression"], [[0, 0, 0], [1, 0, 0], [2, 0, 0]], atol=1e-6)
        np.testing.assert_allclose(file["jaw"], 0, atol=1e-6)
    with pytest.raises(ChoiceError, match="neutral face 'median'"):
        PlayOptions(neutral="median")


def test_every_frame_is_told(somebody, ball, tracked, tmp_path):
    told = []
    animate(somebody, stream(), [lost(0), tracked(ball, 1)], tmp_path, told=lambda: told.append(1))
    assert len(told) == 2


@pytest.mark.parametrize("end", [KeyboardInterrupt(), VideoError("it broke", "mend it")])
def test_what_was_done_is_kept(somebody, ball, tracked, tmp_path, end):
    def frames():
        yield from (tracked(ball, k) for k in range(3))
        raise end

    report = animate(somebody, stream(9), frames(), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == FILES
    assert report["frames"]["tracked"] == 3
    assert report["stopped"] == isinstance(end, KeyboardInterrupt)
    assert report["complete"] is False
    assert report["clip"]["faults"] == ([] if report["stopped"] else ["it broke. mend it"])
    assert len(list(open_frames(tmp_path / "side_by_side.mp4"))) == 3


def test_the_fault_of_a_cut_file_is_told(somebody, ball, tracked, tmp_path):
    report = animate(somebody, stream(9, VideoError("it is cut")), [tracked(ball, 0)], tmp_path)
    assert report["clip"]["faults"] == ["it is cut"]


def test_nothing_is_written_of_nothing(somebody, ball, synthetic, tracked, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(NoFaceError, match="no face was found in the 2 frames of clip: no face was found"):
        animate(somebody, stream(2), [lost(0), lost(1)], out)
    with pytest.raises(VideoError, match="it is cut"):
        animate(somebody, stream(2, VideoError("it is cut")), [], out)
    other = HeadModel(synthetic.ball_head(with_extras=False))
    other.data.expression_basis[:] *= 2
    with pytest.raises(InputError, match="the driver is tracked on"):
        animate(somebody, stream(1), [tracked(other, 0)], out)
    assert list(out.iterdir()) == []
    animate(somebody, stream(1), [tracked(ball, 0)], out)
    before = {p: p.read_bytes() for p in out.iterdir()}
    with pytest.raises(NoFaceError):
        animate(somebody, stream(1), [lost(0)], out)
    assert {p: p.read_bytes() for p in out.iterdir()} == before
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="cannot write"):
        animate(somebody, stream(1), [tracked(ball, 0)], tmp_path / "file")
