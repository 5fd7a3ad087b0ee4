"""A miniature photo set: noise for pictures, known points for faces, and methods whose errors are known."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from manyfaces.bench.baselines import HeadPrior
from manyfaces.bench.face_points import Choose
from manyfaces.bench.photo_set import AnnotatedFace, read_photo_set
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.io.image import read_image, write_image

A68 = POINTS_68_FROM_468.astype(float)
HIDDEN = {"block": [30, 31, 32], "mouth": [8, *range(48, 68)], "eyes": list(range(36, 48)), "half": [2, 3, 22, 23, 45]}


def layout() -> np.ndarray:
    """68 points in a unit box, eye corners level and 0.5 apart."""
    points = np.random.default_rng(5).uniform(0, 1, (68, 2))
    points[36], points[45] = (0.25, 0.4), (0.75, 0.4)
    points[0], points[8] = (0, 0), (1, 1)
    return points


def dense(points_68: np.ndarray) -> np.ndarray:
    """468 points of which the 68 are exactly these means."""
    return np.linalg.pinv(A68) @ points_68


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]])


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Four photos of two faces, two of AFLW2000 with one; the second face of each is turned."""
    folder = tmp_path / "photos"
    folder.mkdir()
    generator = np.random.default_rng(3)
    photos, drawn = [], []
    names = ["aflw2000_a.png", "aflw2000_b.png", "w.png", "x.png", "y.png", "z.png"]
    for name in reversed(names):  # the order of the files is by name, not that of the list
        write_image(folder / name, generator.integers(0, 256, (120, 260, 3), dtype=np.uint8))
        faces = []
        for k in range(1 if name.startswith("aflw") else 2):
            points = turned(80 * layout(), 0.5 * k) + np.array([30 + 140 * k, 10])
            box = [*points.min(0).tolist(), *points.max(0).tolist()]
            faces.append({"points": points.tolist(), "box": box, "visible": None, "name": f"{name}:{k}"})
            corner = points.min(0)
            occluders = {}
            for number, (kind, hidden) in enumerate(HIDDEN.items()):
                low, high = corner + 10, corner + 30 + number
                polygon = [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]
                occluders[kind] = {"shape": "any", "polygon": polygon, "color": [255, 0, number], "hidden": hidden}
            drawn.append({"file": name, "face": k, "occluders": occluders})
        photos.append({"file": name, "source": "made up", "width": 260, "height": 120, "faces": faces})
    (folder / "landmarks.json").write_text(json.dumps(photos))
    (folder / "occluders.json").write_text(json.dumps({"seed": 0, "kinds": list(HIDDEN), "faces": drawn}))
    return folder


@pytest.fixture
def prior() -> HeadPrior:
    """A flat head and 100 heads around it."""
    mean = np.concatenate([0.16 * dense(layout()) * [1, -1], np.zeros((468, 1))], 1)
    draws = mean + np.random.default_rng(2).normal(0, 0.004, (100, 468, 3))
    return HeadPrior(mean, draws)


@dataclass
class World:
    """Knows which picture is which, so that fake methods can answer with errors of their own."""

    folder: Path

    def __post_init__(self) -> None:
        self.photos = read_photo_set(self.folder)
        self._known = {}
        for photo in self.photos:
            image = read_image(photo.path)
            for face in photo.faces:
                for kind in face.kinds:
                    self._known.setdefault(face.picture(image, kind).tobytes(), []).append((photo, face, kind))

    def asked(self, image: np.ndarray, choose: Choose) -> tuple[AnnotatedFace, str]:
        """The face that is meant, as a detector that finds all of them would see it, and the picture's kind."""
        photo, _, _ = self._known[image.tobytes()][0]
        row = choose(np.array([face.box_px for face in photo.faces]))
        assert row is not None
        face = photo.faces[row]
        kinds = [kind for _, owner, kind in self._known[image.tobytes()] if owner is face]
        return face, kinds[0] if kinds else "clean"


@pytest.fixture
def world(photo_folder: Path) -> World:
    return World(photo_folder)
