"""Frames of a video, one after the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from manyfaces.core.errors import DataError


def read_frames(path: str | Path, numbers: Sequence[int]) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """Read frames by their numbers, decoding once from the start and keeping none.

    Frames are counted as they are decoded: to jump by time or number is not exact in every container.

    Args:
        path: the video.
        numbers: from 0, ascending; one may be asked for several times.

    Yields:
        RGB.

    Raises:
        DataError: there is no such file, it is no video, or it ends before a frame that is asked for.
        ValueError: the numbers do not ascend.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no video {path}")
    video = cv2.VideoCapture(str(path))
    try:
        if not video.isOpened():
            raise DataError(f"{path} is no video that can be read", "get the file anew")
        passed = 0
        for number in numbers:
            if number < passed - 1:
                raise ValueError(f"frame {number} is asked for after frame {passed - 1}")
            while passed <= number:
                if not video.grab():
                    raise DataError(f"{path} ends after {passed} frames, frame {number + 1} is asked for")
                passed += 1
            read, frame = video.retrieve()
            if not read:
                raise DataError(f"{path}: frame {number + 1} cannot be decoded")
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    finally:
        video.release()
