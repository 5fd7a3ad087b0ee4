"""Clips of coloured squares, which stand for faces, and eyes that see them; the tests have it as a fixture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from manyfaces.data.clips import ClipSource
from manyfaces.detect import FaceBox, FacePoints, crop_from_points
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.io.video_writing import write_video

ADA, BEN = (200, 40, 40), (40, 40, 200)
GREY = 110
SIDE = 56


@dataclass(frozen=True)
class Square:
    """Somebody on a frame: colour, middle, side; whether the camera was out of focus."""

    colour: tuple[int, int, int]
    x: int = 50
    side: int = SIDE
    blurred: bool = False


def frame(*people: Square, size: tuple[int, int] = (120, 200)) -> np.ndarray:
    """A grey wall, and people before it."""
    picture = np.full((*size, 3), GREY, np.uint8)
    for one in people:
        pattern = np.random.default_rng(1).integers(-30, 30, (one.side // 4, one.side // 4, 1)).astype(np.float32)
        pattern = cv2.resize(pattern, (one.side, one.side), interpolation=cv2.INTER_NEAREST)[..., None]
        y, x = size[0] // 2 - one.side // 2, one.x - one.side // 2
        picture[y : y + one.side, x : x + one.side] = np.clip(np.array(one.colour) + pattern, 0, 255)
    return cv2.GaussianBlur(picture, (0, 0), 4) if any(one.blurred for one in people) else picture


def film(path: Path, frames: Sequence[np.ndarray]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_video(path, 25) as video:
        for number, picture in enumerate(frames):
            video.add(number / 25, picture)
    return path


def photo(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


def _points() -> np.ndarray:
    """The 468 points of a face seen from ahead, in a box of side 2 around 0."""
    head = HeadModel(load_head("openhead"))
    points = head.landmarks(head.template, "468").numpy()[:, :2] * (1, -1)
    points -= (points.max(0) + points.min(0)) / 2
    return points / np.abs(points).max()


FACE = _points()


@dataclass(frozen=True)
class Sight:
    points_px: np.ndarray
    scale_px: np.ndarray
    hidden: np.ndarray
    mask: np.ndarray
    detected: FacePoints


class SquareEyes:
    """Sees squares of strong colours as faces, largest first; knows people by colour if it is told to."""

    def __init__(self, knows_people: bool = False, unsure_beyond: int = 1000):
        self.knows_people, self.unsure_beyond = knows_people, unsure_beyond
        self.looks = 0

    def detect(self, image: np.ndarray) -> list[FaceBox]:
        coloured = np.abs(image[..., 0].astype(int) - image[..., 2]) > 80
        solid = cv2.morphologyEx(coloured.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        _, _, stats, _ = cv2.connectedComponentsWithStats(solid)
        boxes = [np.array([x, y, x + w, y + h], np.float32) for x, y, w, h, _ in stats[1:]]
        boxes.sort(key=lambda box: -(box[2] - box[0]))
        return [FaceBox(box, np.zeros((6, 2), np.float32), 0.9) for box in boxes]

    def look(self, image: np.ndarray, box: FaceBox) -> Sight:
        self.looks += 1
        half = float(box.box_px[2] - box.box_px[0]) / 2
        points = (FACE * half + (box.box_px[:2] + box.box_px[2:]) / 2).astype(np.float32)
        found = FacePoints(points, np.zeros(468, np.float32), 0.9, crop_from_points(points))
        scale = np.full(468, 0.6 if box.box_px[2] < self.unsure_beyond else 6, np.float32)
        return Sight(points, scale, np.zeros(468, bool), np.zeros(image.shape[:2], bool), found)

    def recognise(self, crop: np.ndarray) -> np.ndarray | None:
        middle = crop[len(crop) // 3 : -len(crop) // 3].reshape(-1, 3).mean(0)
        return middle - middle.mean() if self.knows_people else None


def clip_of(path: Path) -> ClipSource:
    return ClipSource("a clip", "somebody", path)
