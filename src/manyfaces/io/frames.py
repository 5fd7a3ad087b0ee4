"""Frames of videos, of folders of pictures and of cameras, one after the other and none kept.

`open_frames` gives what can be read and remembers what could not; `read_frames` gives the frames of given numbers or
fails.
"""

import itertools
import os
import re
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from manyfaces.core.errors import ImageError, VideoError
from manyfaces.io.image import read_image
from manyfaces.io.picture_names import PICTURE_SUFFIXES

# Read when the process opens its first video. What the decoders print of damaged files is said by us, with what to do.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

PICTURES_PER_SECOND = 25.0
"""How fast pictures of a folder follow one another, unless it is said."""

_MOVING_SUFFIXES = (".gif",)
"""Pictures that are read as videos."""
_WHOLE = 0.98
"""Some containers only know about how many frames they hold; a file with less than this share of them is cut."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        number: from 0, as decoded; of a folder: its picture's place.
        time_s: seconds from the first frame, as the container has it; always later than the frame before.
        rgb: upright.
    """

    number: int
    time_s: float
    rgb: UInt8[np.ndarray, "H W 3"]


class FrameStream:
    """Frames as they are asked for, each once; a context that lets go of the file or camera at its end.

    Attributes:
        name: file, folder or camera, for messages.
        fps: frames per second, on average.
        expected: how many frames there should be, as far as is known; None where there is no end.
    """

    def __init__(self, name: str, fps: float, expected: int | None, frames: Generator[Frame | VideoError]):
        self.name, self.fps, self.expected = name, fps, expected
        self._frames = frames
        self._faults: list[VideoError] = []

    @property
    def faults(self) -> tuple[VideoError, ...]:
        """What could not be read so far: a video ends with its first fault, a folder goes on with the next picture."""
        return tuple(self._faults)

    def until(self, seconds: float) -> "FrameStream":
        """The frames of the first so many seconds, in place of all; the stream itself must not be used any more."""
        within = max(1, round(seconds * self.fps))
        expected = within if self.expected is None else min(within, self.expected)
        return FrameStream(self.name, self.fps, expected, _until(self._frames, seconds))

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._frames:
            if isinstance(frame, VideoError):
                self._faults.append(frame)
            else:
                yield frame

    def __enter__(self) -> "FrameStream":
        return self

    def __exit__(self, *error: object) -> None:
        self._frames.close()


def open_frames(source: str | Path | int, every: int = 1, fps: float | None = None) -> FrameStream:
    """Open a video, a picture, a folder of pictures or a camera.

    Videos are turned upright as their metadata says and keep their own times, even or not. Pictures of a folder come
    in natural order: 2 before 10. Memory does not grow with length.

    Args:
        source: file, folder, or the number of a camera.
        every: take each n-th frame, from the first; the others are not unpacked.
        fps: of a folder; `PICTURES_PER_SECOND` by default.

    Raises:
        VideoError: there is nothing of that name, or it is no video. What goes wrong later becomes one of the stream's
            `faults`.
        ValueError: `every` is not positive.
    """
    if every < 1:
        raise ValueError(f"every {every}th frame cannot be taken")
    if isinstance(source, int):
        return _open_camera(source, every)
    path = Path(source)
    if path.is_dir() or (_is_picture(path) and path.is_file()):
        return _open_pictures(path, every, fps or PICTURES_PER_SECOND)
    video = _opened(path)
    stated = round(video.get(cv2.CAP_PROP_FRAME_COUNT))
    # Live recordings state nonsense instead of nothing.
    expected = stated if 0 < stated < 2**31 else None
    taken = None if expected is None else -(-expected // every)
    return FrameStream(str(path), _rate(video) / every, taken, _video_frames(path, video, expected, every))


def read_frames(path: str | Path, numbers: Sequence[int]) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Read frames by their numbers, decoding once from the start and keeping none.

    Frames are counted as they are decoded: to jump by time or number is not exact in every container.

    Args:
        path: the video.
        numbers: from 0, ascending; one may be asked for several times.

    Yields:
        RGB.

    Raises:
        VideoError: there is no such file, it is no video, or it ends before a frame that is asked for.
        ValueError: the numbers do not ascend.
    """
    path = Path(path)
    video = _opened(path)
    passed = 0
    with _released(video):
        for number in numbers:
            if number < passed - 1:
                raise ValueError(f"frame {number} is asked for after frame {passed - 1}")
            while passed <= number:
                if not video.grab():
                    raise VideoError(f"{path} ends after {passed} frames, frame {number + 1} is asked for")
                passed += 1
            rgb = _unpacked(video)
            if rgb is None:
                raise VideoError(f"{path}: frame {number + 1} cannot be decoded")
            yield rgb


def natural_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sorts names as people do: by the numbers in them, then by letters, capitals beside small ones."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def _video_frames(
    path: Path, video: cv2.VideoCapture, expected: int | None, every: int
) -> Generator[Frame | VideoError]:
    number, first_s, time_s, broken = 0, 0.0, 0.0, False
    with _released(video):
        while not broken and video.grab():
            stated_s = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
            first_s = first_s if number else stated_s
            # Damaged files repeat times or go back.
            time_s = stated_s - first_s if number == 0 or stated_s - first_s > time_s else time_s + 1 / _rate(video)
            if number % every == 0:
                rgb = _unpacked(video)
                broken = rgb is None
                if rgb is not None:
                    yield Frame(number, time_s, rgb)
            number += not broken
    if number == 0:
        yield VideoError(f"{path} holds no frame that can be read", "copy or download it again")
    elif broken or (expected is not None and number < min(expected - 1, _WHOLE * expected)):
        of_all = f" of {expected}" if expected else ""
        yield VideoError(
            f"{path} ends before frame {number + 1}{of_all}, after {time_s:.2f} s: it is cut, trimmed or damaged there",
            "the frames before are used; if there should be more, copy or download it again",
        )


def _until(frames: Generator[Frame | VideoError], seconds: float) -> Generator[Frame | VideoError]:
    with closing(frames):
        for found in frames:
            if isinstance(found, Frame) and found.time_s >= seconds:
                return
            yield found


def _open_pictures(path: Path, every: int, fps: float) -> FrameStream:
    paths = sorted((p for p in path.iterdir() if _is_picture(p)), key=natural_key) if path.is_dir() else [path]
    if not paths:
        raise VideoError(f"the folder {path} holds no pictures", f"known: {' '.join(PICTURE_SUFFIXES)}")
    return FrameStream(str(path), fps / every, -(-len(paths) // every), _pictures(paths, every, fps))


def _pictures(paths: list[Path], every: int, fps: float) -> Generator[Frame | VideoError]:
    for number in range(0, len(paths), every):
        try:
            yield Frame(number, number / fps, read_image(paths[number]))
        except ImageError as error:
            yield VideoError(f"frame {number + 1}, at {number / fps:.2f} s: {error.message}", error.fix)


def _open_camera(index: int, every: int) -> FrameStream:
    with _quiet():
        video = cv2.VideoCapture(index)
    if not video.isOpened():
        raise VideoError(f"camera {index} cannot be opened", "see that it is plugged in and no other program uses it")
    return FrameStream(f"camera {index}", _rate(video) / every, None, _camera_frames(index, video, every))


def _camera_frames(index: int, video: cv2.VideoCapture, every: int) -> Generator[Frame | VideoError]:
    started = None
    with _released(video):
        for number in itertools.count():
            grabbed, now = video.grab(), time.monotonic()
            started = now if started is None else started
            if number % every and grabbed:
                continue
            rgb = _unpacked(video) if grabbed else None
            if rgb is None:
                message = f"camera {index} gave no frame {number + 1}, after {now - started:.2f} s"
                yield VideoError(message, "see that it is still plugged in")
                return
            yield Frame(number, now - started, rgb)


def _is_picture(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in PICTURE_SUFFIXES and suffix not in _MOVING_SUFFIXES and not path.name.startswith(".")


def _opened(path: Path) -> cv2.VideoCapture:
    if not path.is_file():
        raise VideoError(f"there is no video {path}", "check the name")
    with _quiet():
        video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not video.isOpened():
        raise VideoError(
            f"{path} is no video that can be read, or its end, where the index is, was cut off", "get the file anew"
        )
    video.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return video


def _rate(video: cv2.VideoCapture) -> float:
    stated = video.get(cv2.CAP_PROP_FPS)
    return stated if 0 < stated < 1000 else PICTURES_PER_SECOND


def _unpacked(video: cv2.VideoCapture) -> np.ndarray | None:
    """The frame that was grabbed last, RGB."""
    read, frame = video.retrieve()
    return cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) if read and frame is not None and frame.size else None


@contextmanager
def _released(video: cv2.VideoCapture) -> Iterator[None]:
    try:
        yield
    finally:
        video.release()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV from printing that a file or camera cannot be opened."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
