"""Videos out: pictures side by side, at their times, whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from manyfaces.core.errors import OutputError
from manyfaces.io.atomic import atomic_path


class VideoWriter:
    """Takes pictures in and keeps one. Made by `write_video`.

    The file has a fixed rate, as every player wants it. Pictures are shown from the frame nearest to their time on,
    repeated over pauses and dropped where several fall on one frame, so that a video of uneven times stays in step with
    its source. With the mean rate of an even source each picture is one frame.
    """

    def __init__(self, path: Path, fps: float):
        self._path, self._fps = path, fps
        self._writer: cv2.VideoWriter | None = None
        self._sizes: list[tuple[int, int]] = []
        self._first_s = 0.0
        self._pending: np.ndarray | None = None
        self._written = 0

    def add(self, time_s: float, *pictures: UInt8[np.ndarray, "_ _ 3"]) -> None:
        """Add pictures that are shown side by side.

        Args:
            time_s: when, seconds from any moment; not earlier than the pictures before.
            pictures: RGB. Those of the first call settle the sizes: all become as high as the first of them; later
                ones are fitted in.

        Raises:
            ValueError: there are not as many pictures as before, or none.
            OutputError: the encoder does not work.
        """
        if not pictures or (self._sizes and len(self._sizes) != len(pictures)):
            raise ValueError(f"{len(pictures)} pictures side by side, {len(self._sizes) or 'at least 1'} are needed")
        if not self._sizes:
            height = pictures[0].shape[0]
            self._sizes = [(height, max(1, round(p.shape[1] * height / p.shape[0]))) for p in pictures]
            self._first_s = time_s
        self._write_pending(until=round((time_s - self._first_s) * self._fps))
        self._pending = np.concatenate([_fitted(p, size) for p, size in zip(pictures, self._sizes, strict=True)], 1)

    def finish(self) -> None:
        """Write what is left.

        Raises:
            OutputError: there was not one picture.
        """
        if self._pending is None:
            raise OutputError("a video of no frames cannot be written")
        self._write_pending(until=self._written + 1)
        self.release()

    def release(self) -> None:
        """Let go of the file."""
        if self._writer is not None:
            self._writer.release()

    def _write_pending(self, until: int) -> None:
        if self._pending is None or until <= self._written:
            return
        height, width = self._pending.shape[:2]
        # The encoder halves the colours' resolution and would cut an odd last row or column off.
        even = cv2.copyMakeBorder(self._pending, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        if self._writer is None:
            self._writer = _encoder(self._path, self._fps, even.shape[1], even.shape[0])
        frame = cv2.cvtColor(even, cv2.COLOR_RGB2BGR)
        for _ in range(self._written, until):
            self._writer.write(frame)
        self._written = until


@contextmanager
def write_video(path: str | Path, fps: float) -> Iterator[VideoWriter]:
    """Write an mp4 file (MPEG-4 part 2, which desktop players know and browsers do not).

    It takes its name when the block ends well; when the block raises, nothing is left.

    Args:
        path: ends in .mp4.
        fps: the mean rate of what will be added, such as `FrameStream.fps`.

    Raises:
        OutputError: the file cannot be written, or nothing was added.
        ValueError: another ending, or no rate.
    """
    if Path(path).suffix.lower() != ".mp4" or not 0 < fps < 1000:
        raise ValueError(f"{path} at {fps} frames a second: it must end in .mp4 and have a rate")
    with atomic_path(path) as temporary:
        writer = VideoWriter(temporary, fps)
        try:
            yield writer
            writer.finish()
        finally:
            writer.release()


def _encoder(path: Path, fps: float, width: int, height: int) -> cv2.VideoWriter:
    encoder = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
    if not encoder.isOpened():
        raise OutputError(
            f"this OpenCV cannot write MPEG-4 video of {width}x{height} px", "install opencv-python-headless from PyPI"
        )
    return encoder


def _fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scaled to fit in (height, width), black beside it."""
    if picture.shape[:2] == size:
        return picture
    scale = min(size[0] / picture.shape[0], size[1] / picture.shape[1])
    height, width = (min(full, max(1, round(scale * n))) for full, n in zip(size, picture.shape[:2], strict=True))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    canvas = np.zeros((*size, 3), np.uint8)
    canvas[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=how)
    return canvas
