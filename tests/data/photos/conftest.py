"""Miniature data sets in the published layouts."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Order = str


def picture(size: int, seed: int) -> np.ndarray:
    """Smooth, reddish as faces are: red well above blue."""
    rng = np.random.default_rng(seed)
    coarse = np.clip(rng.normal([170, 120, 90], 20, (5, 5, 3)), 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


def write_crops(stem: Path, seed: int, channels: str = "rgb") -> None:
    """The two files that the published script writes for a photo."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(224, seed)).save(stem.with_name(f"{stem.name}.jpg"), quality=95)
    planes = picture(112, seed).astype(np.float32).transpose(2, 0, 1)
    planes = planes[::-1] if channels == "bgr" else planes
    np.save(stem.with_name(f"{stem.name}.npy"), (planes - 127.5) / 127.5)


class Published:
    """Writes sets below one root."""

    def __init__(self, root: Path):
        self.root = root

    def listed(
        self,
        name: str,
        photos: dict[str, list[str]],
        order: str = "ofer",
        channels: str = "rgb",
        parameters: str = "FLAME23_parameters",
        params_key: str = "shape",
    ) -> Path:
        """A set of pairs; "mica" lists write the photos first, "ofer" lists the parameters."""
        rng, table = np.random.default_rng(len(name)), {}
        for item, own in photos.items():
            truth = f"{item}/{item}_N.npz"
            path = self.root / name / parameters / truth
            path.parent.mkdir(parents=True, exist_ok=True)
            values = rng.normal(size=(1, 300) if params_key == "shape" else 400).astype(np.float32)
            pose = {} if params_key == "shape" else {"pose": rng.normal(size=15).astype(np.float32)}
            np.savez(path, **{params_key: values}, **pose)
            for photo in own:
                stem = self.root / name / "arcface_input" / Path(photo).with_suffix("")
                write_crops(stem, int(rng.integers(1 << 30)), channels)
            table[item] = [truth, own] if order == "ofer" else (own, truth)
        self.save_list(name, table)
        return self.root / name

    def tempeh(self, name: str = "TEMPEH", subjects: int = 3, pickled: bool = True) -> Path:
        """Frames of recordings, each with its own parameters and several views."""
        rng, table = np.random.default_rng(7), {}
        for subject in range(subjects):
            for frame in ("000010", "000020"):
                key = f"FaMoS_subject_{subject:03d}__mouth_open__{frame}"
                values = {
                    "shape": rng.normal(size=300).astype(np.float32),
                    "exp": rng.normal(size=100).astype(np.float32),
                    "pose": rng.normal(size=9).astype(np.float32),
                    "trans": rng.normal(size=3).astype(np.float32),
                }
                folder = f"FaMoS_subject_{subject:03d}/mouth_open"
                truth = self.root / name / folder / f"mouth_open.{frame}.{'npy' if pickled else 'npz'}"
                truth.parent.mkdir(parents=True, exist_ok=True)
                if pickled:
                    np.save(truth, values, allow_pickle=True)  # type: ignore[arg-type]
                else:
                    np.savez(truth, **values)
                views = [f"{folder}/mouth_open.{frame}.{view}_C.png" for view in (26, 27)]
                for view in views:
                    write_crops(self.root / name / "arcface_input" / view[:-4], int(rng.integers(1 << 30)))
                table[key] = [f"{folder}/{truth.name}", views]
        self.save_list(name, table)
        return self.root / name

    def save_list(self, name: str, table: dict) -> Path:
        path = self.root / "image_paths" / "arcface23" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, table, allow_pickle=True)  # type: ignore[arg-type]
        return path

    def save_json_list(self, name: str, table: dict) -> Path:
        path = self.root / "image_paths" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(table))
        return path

    def paper(self) -> list[Path]:
        """The four sets of pairs: few people, in both list orders."""
        people = {f"F{k}": [f"F{k}/F{k}_{i:03d}.jpg" for i in range(1 + k % 3)] for k in range(1, 6)}
        return [
            self.listed("STIRLING_HQ", people, "mica"),
            self.listed("FACEWAREHOUSE", {"Tester_1": [f"Tester_1/pose_{k}.png" for k in range(3)]}),
            self.listed("LYHM", {"00001": ["00001/1C.png", "00001/2C.png"]}, "mica"),
            self.listed("FLORENCE", {"subject_01": ["subject_01/frame_2300.jpg"]}),
        ]


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "data")


@pytest.fixture(scope="session")
def crops() -> Callable[[int, int], np.ndarray]:
    return picture
