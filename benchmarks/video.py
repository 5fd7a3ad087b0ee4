"""Videos made of one photo: how still a still face is, how late a moving one, frames a second, memory."""

import math
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.lines import Line, at_least, at_most, figure
from manyfaces import Predictor
from manyfaces.io.frames import Frame, FrameStream
from manyfaces.io.image import read_image
from manyfaces.io.video_writing import write_video
from manyfaces.pipeline.video import TrackedFrame, TrackOptions, find_person, reconstruct_clip, track

PHOTO = Path(__file__).parents[1] / "examples" / "astronaut.jpg"
MODELS = ("sopi-open", "mopi-open", "ofer-open")
FPS, FRAMES, SETTLED, NOISE = 30, 90, 20, 3.0
SMALL_PX = 160

Path2D = Callable[[float], tuple[float, float, float]]
"""Seconds to turn in degrees, zoom, and pixels to the right."""


def still(time_s: float) -> tuple[float, float, float]:
    return 0.0, 1.0, 0.0


def swing(time_s: float) -> tuple[float, float, float]:
    wave = math.sin(2 * math.pi * time_s)
    return 8 * wave, 1 + 0.1 * wave, 25 * math.sin(math.pi * time_s)


def filmed(photo: np.ndarray, move: Path2D, n: int) -> Iterator[Frame]:
    """A camera with the noise of a sensor, 3 grey levels."""
    rng, (height, width) = np.random.default_rng(0), photo.shape[:2]
    for k in range(n):
        turn, zoom, right = move(k / FPS)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, zoom)
        matrix[0, 2] += right
        picture = cv2.warpAffine(photo, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        yield Frame(k, k / FPS, np.clip(picture + rng.normal(0, NOISE, picture.shape), 0, 255).astype(np.uint8))


def landmarks(one: TrackedFrame) -> np.ndarray:
    made = one.reconstruction
    return made.cameras.project(made.head.landmarks(made.vertices)).points_px[0].numpy()


def tracked(frames: list[Frame], predictor: Predictor, options: TrackOptions) -> np.ndarray:
    found = [one for one in track(frames, predictor, options) if isinstance(one, TrackedFrame)]
    assert len(found) == len(frames)
    return np.stack([landmarks(one) for one in found])[SETTLED:]


def lag_frames(smooth: np.ndarray, raw: np.ndarray) -> float:
    """By how many frames the smoothed path is behind: the share of the speed that explains the difference."""
    speed = np.gradient(raw, axis=0)
    return float(((raw - smooth) * speed).sum() / (speed**2).sum())


def lines_of(name: str, photo: np.ndarray) -> Iterator[Line]:
    predictor = Predictor.from_pretrained(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with write_video(path, FPS) as video:
            for frame in filmed(photo, swing, FRAMES):
                video.add(frame.time_s, frame.rgb)
        start = time.process_time()
        reconstruct_clip(path, Path(folder) / "out", predictor)
        seconds = time.process_time() - start
        yield figure(f"{name}: all of a clip of {FRAMES} frames, both passes and files, CPU time", seconds, "s")
    frames = list(filmed(photo, still, FRAMES))
    person = find_person(FrameStream("frames", FPS, FRAMES, (frame for frame in frames)), predictor).identity
    options = TrackOptions(person=person)
    tracked(frames[: SETTLED + 1], predictor, options)
    start = time.process_time()
    steady = tracked(frames, predictor, options)
    fps = FRAMES / (time.process_time() - start)
    what = f"{name}: frames per second of CPU time, {photo.shape[1]}x{photo.shape[0]} px"
    yield figure(what, fps, "") if name.startswith("ofer") else at_least(what, 10, fps, "")
    yield at_most(f"{name}: landmarks of a still face tremble", 0.3, float(steady.std(0).mean()), "px")
    plain = tracked(frames, predictor, replace(options, smooth=False))
    yield figure(f"{name}: the same without smoothing", float(plain.std(0).mean()), "px")
    frames = list(filmed(photo, swing, FRAMES))
    smooth, raw = (tracked(frames, predictor, replace(options, smooth=on)) for on in (True, False))
    yield at_most(f"{name}: lag of smoothing on a swinging face", 1, lag_frames(smooth, raw), "frames")


def memory_growth_mb(n: int, name: str = "sopi-open") -> float:
    """By how much the memory of the process grows from the 500th frame to the n-th."""
    photo = read_image(PHOTO)
    size = (SMALL_PX, round(SMALL_PX * photo.shape[0] / photo.shape[1]))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    at_first = 0.0
    for number, _ in enumerate(track(filmed(small, swing, n), Predictor.from_pretrained(name))):
        if number == 500:
            at_first = _peak_mb()
    return _peak_mb() - at_first


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run() -> list[Line]:
    torch.set_num_threads(1)
    photo = read_image(PHOTO)
    lines = [line for name in MODELS for line in lines_of(name, photo)]
    return [*lines, at_most("memory, from the 500th frame to the 1500th", 10, memory_growth_mb(1500), "MB")]
