"""Miniature sets of faces in the published layouts."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from manyfaces.data.faces.celeba import POINT_NAMES
from manyfaces.detect import FaceBox, FacePoints
from manyfaces.geometry import Crop

FIVE = np.array([(69, 109), (106, 113), (77, 142), (73, 152), (108, 154)])
"""Of a photo of CelebA, 178 x 218 pixels."""
PARTS = {"train": 5, "validation": 3, "test": 2}


def picture(seed: int, size: tuple[int, int] = (178, 218)) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def jpeg(seed: int) -> bytes:
    picture(seed).save(file := io.BytesIO(), format="JPEG")
    return file.getvalue()


def table(path: Path, columns: tuple[str, ...], rows: dict[str, list[int]]) -> None:
    lines = [str(len(rows)), " ".join(columns), *(f"{name}  " + " ".join(map(str, row)) for name, row in rows.items())]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + " \n")


def write_celeba(folder: Path, folders: bool = True) -> Path:
    """Ten photos; the third wears glasses, the sixth a hat."""
    names = [f"{k:06d}.jpg" for k in range(1, 11)]
    pictures = folder / ("Img" if folders else "") / "img_align_celeba"
    pictures.mkdir(parents=True)
    for k, name in enumerate(names):
        picture(k).save(pictures / name)
    lists, parts = (folder / ("Anno" if folders else "")), (folder / ("Eval" if folders else ""))
    table(
        lists / "list_landmarks_align_celeba.txt",
        POINT_NAMES,
        {name: (FIVE + k).ravel().tolist() for k, name in enumerate(names)},
    )
    worn = {2: [-1, 1, -1], 5: [-1, -1, 1]}
    attributes = {name: worn.get(k, [1, -1, -1]) for k, name in enumerate(names)}
    table(lists / "list_attr_celeba.txt", ("Young", "Eyeglasses", "Wearing_Hat"), attributes)
    parts.mkdir(exist_ok=True)
    kinds = [0] * 5 + [1] * 3 + [2] * 2
    (parts / "list_eval_partition.txt").write_text(
        "".join(f"{name} {kind}\n" for name, kind in zip(names, kinds, strict=True))
    )
    return folder


def write_celeba_records(folder: Path, w: ModuleType, without: str = "") -> Path:
    """The same photos as TensorFlow Datasets keeps them, train in two files; some feature left out."""
    place, k, lengths = folder / "celeb_a" / "2.1.0", 0, {}
    for split, count in PARTS.items():
        files = [3, 2] if split == "train" else [count]
        for number, length in enumerate(files):
            messages = []
            for _ in range(length):
                points = {f"landmarks/{n}": int(v) for n, v in zip(POINT_NAMES, (FIVE + k).ravel(), strict=True)}
                worn = {"attributes/Eyeglasses": int(k == 2), "attributes/Wearing_Hat": int(k == 5)}
                features = {**worn, "attributes/Young": 1, "image": jpeg(k), **points}
                messages.append(w.example({name: value for name, value in features.items() if name != without}))
                k += 1
            w.write_records(place / f"celeb_a-{split}.tfrecord-{number:05d}-of-{len(files):05d}", messages)
        lengths[split] = [str(n) for n in files]
    splits = [{"name": split, "shardLengths": own} for split, own in lengths.items()]
    (place / "dataset_info.json").write_text(json.dumps({"name": "celeb_a", "splits": splits, "version": "2.1.0"}))
    return place


@pytest.fixture
def celeba(tmp_path: Path) -> Path:
    return write_celeba(tmp_path / "CelebA")


@pytest.fixture
def celeba_records(tmp_path: Path, records_stand_in: ModuleType) -> Path:
    return write_celeba_records(tmp_path / "tfds", records_stand_in)


@pytest.fixture
def write_records(tmp_path: Path, records_stand_in: ModuleType) -> Callable[[str], Path]:
    return lambda without: write_celeba_records(tmp_path / f"without {without}", records_stand_in, without)


@pytest.fixture
def flat_celeba(tmp_path: Path) -> Path:
    return write_celeba(tmp_path / "flat", folders=False)


class Detection:
    """A detector that sees one face in pictures that are not dark, and its mesh; counts what it was asked."""

    def __init__(self) -> None:
        self.boxes_asked, self.crops = 0, []

    def boxes(self, image: np.ndarray) -> list[FaceBox]:
        self.boxes_asked += 1
        middle = np.array([image.shape[1], image.shape[0]], np.float32) / 2
        box = np.concatenate([middle - 40, middle + 40])
        keypoints = np.repeat(middle[None], 6, 0) + np.array([[-15, 0], [15, 0], [0, 9], [0, 18], [-30, 0], [30, 0]])
        return [FaceBox(box, keypoints.astype(np.float32), 0.9)] if image.mean() > 20 else []

    def points(self, image: np.ndarray, crop: Crop) -> FacePoints:
        self.crops.append(crop)
        spread = np.random.default_rng(0).uniform(-1, 1, (468, 2)) * crop.size_px / 3
        spread[[33, 263]] = [[-crop.size_px / 6, 0], [crop.size_px / 6, 0]]
        score = 0.9 if image.mean() > 20 else 0.1
        return FacePoints((spread + crop.centre_px).astype(np.float32), np.zeros(468, np.float32), score, crop)


@pytest.fixture
def detection() -> Detection:
    return Detection()
