from pathlib import Path

import numpy as np
import pytest

from manyfaces.core.errors import OutputError
from manyfaces.io.frames import open_frames
from manyfaces.io.video_writing import write_video


def grey(level: int, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def levels(path: Path) -> list[float]:
    return [frame.rgb.mean() for frame in open_frames(path)]


def test_even_times_give_a_frame_each(tmp_path: Path) -> None:
    path = tmp_path / "out" / "a.mp4"
    with write_video(path, 25) as video:
        for k in range(10):
            video.add(3 + k / 25 + 0.004 * (-1) ** k, grey(20 * k))
    assert levels(path) == pytest.approx([20 * k for k in range(10)], abs=4)
    assert open_frames(path).fps == 25
    assert [p.name for p in path.parent.iterdir()] == ["a.mp4"]


def test_uneven_times_stay_in_step(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with write_video(path, 20) as video:
        for time_s, level in ((0.0, 0), (0.05, 50), (0.20, 100), (0.21, 150), (0.25, 200)):
            video.add(time_s, grey(level))
    # Frames at 0, 0.05, ... 0.25 s: 50 is shown over the pause; of 100 and 150, both nearest to 0.20 s, the later one.
    assert levels(path) == pytest.approx([0, 50, 50, 50, 150, 200], abs=4)


def test_side_by_side_at_one_height_and_even(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with write_video(path, 25) as video:
        video.add(0.0, grey(250, 41, 31), grey(10, 82, 40))
        video.add(0.1, grey(250, 41, 31), grey(250, 41, 10))  # half as wide as its place
    first, *_, last = [frame.rgb for frame in open_frames(path)]
    assert first.shape == (42, 52, 3)
    assert (first[:, 2:28].mean(), first[:, 34:49].mean()) == pytest.approx((250, 10), abs=8)
    assert last[:, 38:44].mean() > 200
    assert max(last[:, 33:35].mean(), last[:, 48:50].mean()) < 60


def test_nothing_is_left_of_a_video_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"as it was")
    with pytest.raises(ValueError, match="0 pictures"), write_video(path, 25) as video:
        _ = [video.add(0.0, grey(0)), video.add(0.1, grey(0)), video.add(0.2)]
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.mp4", b"as it was")]
    with pytest.raises(OutputError, match="no frames"), write_video(path, 25):
        pass


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must end in"), write_video(tmp_path / "a.mov", 25):
        pass
    with pytest.raises(ValueError, match="0 pictures"), write_video(tmp_path / "a.mp4", 25) as video:
        video.add(0.0)
    with pytest.raises(ValueError, match="2 pictures side by side, 1"), write_video(tmp_path / "a.mp4", 25) as video:
        _ = [video.add(0.0, grey(0)), video.add(0.1, grey(0), grey(0))]
