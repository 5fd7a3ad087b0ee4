import gc
import weakref
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.io.mp4_surgery import index_in_front, turned, with_durations

from manyfaces.core.errors import DataError, VideoError
from manyfaces.io.frames import natural_key, open_frames, read_frames
from manyfaces.io.image import write_image

SIZE = (64, 48)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Six frames, red rising by 40."""
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 24))
    for k in range(6):
        writer.write(np.full((24, 32, 3), (0, 0, 40 * k), np.uint8))
    writer.release()
    return path


@pytest.fixture
def mp4(tmp_path: Path) -> bytes:
    """24 frames at 30 a second: a white corner top left, noise below it so that all frames have some bytes."""
    path, rng = tmp_path / "made.mp4", np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 30, SIZE)
    for _ in range(24):
        frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        frame[:12, :16], frame[32:] = 255, rng.integers(0, 90, (16, 64, 3))
        writer.write(frame)
    writer.release()
    return path.read_bytes()


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
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


def test_a_stream_is_the_same_frames_with_times(video: Path) -> None:
    stream = open_frames(video)
    frames = list(stream)
    assert (stream.fps, stream.expected, stream.faults) == (25, 6, ())
    assert [frame.number for frame in frames] == list(range(6))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16, 0.2])
    for frame, rgb in zip(frames, read_frames(video, range(6)), strict=True):
        assert np.array_equal(frame.rgb, rgb)


def test_every_nth_frame(video: Path) -> None:
    stream = open_frames(video, every=4)
    assert [frame.number for frame in stream] == [0, 4]
    assert (stream.fps, stream.expected, stream.faults) == (6.25, 2, ())
    with pytest.raises(ValueError, match="every 0th"):
        open_frames(video, every=0)


def test_only_so_many_seconds(video: Path, tmp_path: Path) -> None:
    with open_frames(video).until(0.12) as stream:
        assert (stream.expected, stream.fps) == (3, 25)
        assert [frame.number for frame in stream] == [0, 1, 2]
    with open_frames(video).until(60) as stream:
        assert stream.expected == 6
        assert len(list(stream)) == 6
    write_image(tmp_path / "pictures" / "1.png", np.zeros((64, 64, 3), np.uint8))
    put(tmp_path / "pictures" / "2.png", b"no picture")
    stream = open_frames(tmp_path / "pictures").until(1)
    assert len(list(stream)) == len(stream.faults) == 1


@pytest.mark.parametrize(("degrees", "corner"), [(90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_turned_upright(tmp_path: Path, mp4: bytes, degrees: int, corner: tuple[int, int]) -> None:
    frame = next(iter(open_frames(put(tmp_path / "turned.mp4", turned(mp4, degrees)))))
    assert frame.rgb.shape == ((48, 64, 3) if degrees == 180 else (64, 48, 3))
    corners = {(y, x): frame.rgb[y, x].mean() for y in (0, -1) for x in (0, -1)}
    assert max(corners, key=lambda place: corners[place]) == corner


def test_uneven_times_are_kept(tmp_path: Path, mp4: bytes) -> None:
    ticks = [512 * (1 + k % 3) for k in range(24)]  # 30 frames a second of 512 ticks each
    stream = open_frames(put(tmp_path / "uneven.mp4", with_durations(mp4, ticks)))
    expected = np.cumsum([0, *ticks[:-1]]) / (30 * 512)
    assert [frame.time_s for frame in stream] == pytest.approx(expected, abs=1e-3)
    assert stream.fps == pytest.approx(15, rel=0.05)
    assert stream.faults == ()


def test_of_a_cut_file_what_is_there_is_kept(tmp_path: Path, mp4: bytes) -> None:
    front = index_in_front(mp4)
    stream = open_frames(put(tmp_path / "cut.mp4", front[: len(front) * 2 // 3]))
    frames = list(stream)
    assert 8 < len(frames) < 22
    [fault] = stream.faults
    assert f"cut.mp4 ends before frame {len(frames) + 1} of 24, after {frames[-1].time_s:.2f} s" in str(fault)
    whole = open_frames(put(tmp_path / "whole.mp4", front))
    assert len(list(whole)) == 24
    assert whole.faults == ()


def test_damage_in_the_middle_is_a_fault(tmp_path: Path, mp4: bytes) -> None:
    middle = (mp4.index(b"mdat") + mp4.index(b"moov")) // 2
    stream = open_frames(put(tmp_path / "damaged.mp4", mp4[:middle] + bytes(400) + mp4[middle + 400 :]))
    frames = list(stream)
    assert len(frames) > 6
    assert len(frames) == 24 or len(stream.faults) == 1
    assert all(a.time_s < b.time_s for a, b in pairwise(frames))


def test_a_file_without_its_index_is_refused_quietly(
    tmp_path: Path, mp4: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(VideoError, match=r"lost\.mp4 is no video that can be read"):
        open_frames(put(tmp_path / "lost.mp4", mp4[:1000]))
    with pytest.raises(VideoError, match=r"there is no video .*none\.mp4"):
        open_frames(tmp_path / "none.mp4")
    assert capfd.readouterr() == ("", "")


def test_a_folder_is_a_video_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        write_image(tmp_path / f"shot{number}.png", np.full((40, 40, 3), number, np.uint8))
    put(tmp_path / "shot3.png", b"no picture")
    put(tmp_path / "notes.txt", b"")
    stream = open_frames(tmp_path, fps=10)
    assert [(f.number, f.time_s, f.rgb[0, 0, 0]) for f in stream] == [(0, 0, 1), (1, 0.1, 2), (3, 0.3, 10)]
    assert [str(fault).split(". ")[0] for fault in stream.faults] == [
        f"frame 3, at 0.20 s: {tmp_path / 'shot3.png'} is not a picture in a known format"
    ]
    one = open_frames(tmp_path / "shot2.png")
    assert [frame.number for frame in one] == [0]


def test_names_in_natural_order() -> None:
    names = ["b1.png", "a10.png", "A2.png", "a2b10.png", "a2b9.png", "7.png"]
    assert sorted(names, key=lambda name: natural_key(Path(name))) == [
        *("7.png", "A2.png", "a2b9.png", "a2b10.png", "a10.png", "b1.png")
    ]


def test_an_empty_folder_and_a_missing_camera(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VideoError, match="holds no pictures"):
        open_frames(tmp_path)
    with pytest.raises(VideoError, match="camera 97 cannot be opened"):
        open_frames(97)
    assert capfd.readouterr() == ("", "")


def test_frames_are_not_kept(video: Path) -> None:
    seen: list[weakref.ref] = []
    for frame in open_frames(video):
        gc.collect()
        assert sum(ref() is not None for ref in seen) <= 1  # the one before, until the loop variable changes
        seen.append(weakref.ref(frame.rgb))


def test_the_file_is_let_go_of(video: Path) -> None:
    with open_frames(video) as stream:
        next(iter(stream))
    assert list(stream) == []
