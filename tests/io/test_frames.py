from pathlib import Path

import cv2
import numpy as np
import pytest

from manyfaces.core.errors import DataError
from manyfaces.io.frames import read_frames


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Six frames, red rising by 40."""
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 24))
    for k in range(6):
        writer.write(np.full((24, 32, 3), (0, 0, 40 * k), np.uint8))
    writer.release()
    return path


def test_frames_by_number_as_rgb(video: Path) -> None:
    frames = list(read_frames(video, [0, 2, 2, 5]))
    assert [frame.shape for frame in frames] == 4 * [(24, 32, 3)]
    assert np.array([frame[..., 0].mean() for frame in frames]) == pytest.approx([0, 80, 80, 200], abs=6)
    assert max(frame[..., 2].mean() for frame in frames) < 6


def test_what_cannot_be_read_is_named(video: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.avi ends after 6 frames, frame 7"):
        list(read_frames(video, [5, 6]))
    with pytest.raises(DataError, match="there is no video"):
        list(read_frames(tmp_path / "b.avi", [0]))
    with pytest.raises(ValueError, match="after frame 3"):
        list(read_frames(video, [3, 1]))
