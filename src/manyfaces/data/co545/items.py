"""A benchmark on disk: what lies in its folder, written whole or not at all, read with care.

```
DIR/co545.json            what it is: settings, and for each item its classes and checksum; written last
DIR/items/000/image.png   the picture with the occluder
DIR/items/000/mask.png    white where the occluder is
DIR/items/000/item.npz    visible, occluded, self_occluded: vertex numbers; truth_mm (V, 3);
                          projected (V, 3): x and y in pixels, depth in metres; points_68_px (68, 2)
DIR/items/000/item.json   number, scene, subject, expression, kind, attempt, seed, sha256
DIR/clean/000.png         the scenes without occluder, by scene
DIR/subjects.npz          neutral_mm (subjects, V, 3): the people at rest
DIR/law.npz               what is plausible: a `VertexLaw` over the front of the face
```
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from manyfaces.core.errors import DataError
from manyfaces.data.co545.config import Co545Config
from manyfaces.data.co545.manifest import MANIFEST, ItemRow, read_manifest
from manyfaces.io.atomic import atomic_folder, atomic_path
from manyfaces.io.image import read_image, read_mask, write_image
from manyfaces.metrics import VertexLaw
from manyfaces.occlusion import VertexClasses


@dataclass(frozen=True)
class Co545Item:
    """One picture with an occluder.

    Attributes:
        row: what it is.
        image: the picture, RGB.
        mask: where the occluder is.
        truth: vertices in the head's topology, metres.
        front: classes of the vertices of the face's front; elsewhere a vertex is of none.
        projected: the vertices on the picture: x and y in pixels, depth in metres.
        points_68_px: the 68 points on the picture.
    """

    row: ItemRow
    image: UInt8[np.ndarray, "H W 3"]
    mask: Bool[np.ndarray, "H W"]
    truth: Float[Tensor, "V 3"]
    front: VertexClasses
    projected: Float[Tensor, "V 3"]
    points_68_px: Float[np.ndarray, "68 2"]


@dataclass(frozen=True)
class Co545Set:
    """A benchmark's folder.

    Attributes:
        folder: where it lies.
        config: how it was drawn.
        subjects: the people.
        rows: its items.
    """

    folder: Path
    config: Co545Config
    subjects: tuple[str, ...]
    rows: tuple[ItemRow, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, number: int) -> Co545Item:
        """One item.

        Raises:
            DataError: a file of it is missing or damaged.
        """
        folder, row = item_folder(self.folder, number), self.rows[number]
        arrays = read_npz(folder / "item.npz")
        try:
            truth = torch.from_numpy(arrays["truth_mm"].astype(np.float32)) / 1000
            classes = [_flags(arrays[f.name], len(truth)) for f in fields(VertexClasses)]
            projected, points_68_px = torch.from_numpy(arrays["projected"]), arrays["points_68_px"]
        except (KeyError, IndexError, ValueError) as error:
            raise DataError(f"{folder / 'item.npz'} is damaged: {error}", "build the benchmark again") from None
        if not torch.isfinite(truth).all():
            raise DataError(f"{folder / 'item.npz'} holds a truth that is not finite", "build the benchmark again")
        image = read_image(_present(folder / "image.png"))
        mask = read_mask(_present(folder / "mask.png"), image.shape[:2])
        return Co545Item(row, image, mask, truth, VertexClasses(*classes), projected, points_68_px)

    def clean(self, scene: int) -> UInt8[np.ndarray, "H W 3"]:
        """A scene without occluder.

        Raises:
            DataError: its picture is missing.
        """
        return read_image(_present(clean_path(self.folder, scene)))

    def neutral(self) -> Float[Tensor, "P V 3"]:
        """The people at rest, metres.

        Raises:
            DataError: the file is missing or damaged.
        """
        return torch.from_numpy(read_npz(self.folder / "subjects.npz")["neutral_mm"].astype(np.float32)) / 1000

    def law(self) -> VertexLaw:
        """What is plausible, over the vertices of the front.

        Raises:
            DataError: the file is missing or damaged.
        """
        arrays = read_npz(self.folder / "law.npz")
        return VertexLaw(**{f.name: torch.from_numpy(arrays[f.name]) for f in fields(VertexLaw)})


def open_co545(folder: Path) -> Co545Set:
    """Open a benchmark.

    Raises:
        DataError: the folder holds none, or one that was not built to its end.
    """
    values = read_manifest(folder / MANIFEST)
    lost = [row.number for row in values.rows if not (item_folder(folder, row.number) / "item.json").is_file()]
    if lost:
        raise DataError(
            f"{folder} lacks items {', '.join(map(str, lost[:10]))}", "build the benchmark again: it goes on"
        )
    return Co545Set(folder, values.config, values.subjects, values.rows)


def write_item(folder: Path, item: Co545Item, fingerprint: str) -> None:
    """Write an item's folder; `item.json`, with a fingerprint of the settings, says that it is whole."""
    arrays = {
        **{name: np.flatnonzero(flags).astype(np.int32) for name, flags in vars(item.front).items()},
        "truth_mm": _in_mm(item.truth),
        "projected": item.projected.float().numpy(),
        "points_68_px": item.points_68_px.astype(np.float32),
    }
    with atomic_folder(item_folder(folder, item.row.number)) as place:
        write_image(place / "image.png", item.image)
        write_image(place / "mask.png", np.repeat(item.mask[..., None].astype(np.uint8) * 255, 3, -1))
        _write_npz(place / "item.npz", arrays)
        (place / "item.json").write_text(json.dumps({**asdict(item.row), "settings": fingerprint}, indent=1) + "\n")


def write_people(folder: Path, neutral: Float[Tensor, "P V 3"], law: VertexLaw) -> None:
    """Write the people at rest, and what is plausible."""
    values = {name: value if value.dtype == torch.bool else value.float() for name, value in vars(law).items()}
    _write_npz(folder / "subjects.npz", {"neutral_mm": _in_mm(neutral)})
    _write_npz(folder / "law.npz", {name: value.numpy() for name, value in values.items()})


def kept_row(folder: Path, number: int, fingerprint: str) -> ItemRow | None:
    """What an earlier run with the same settings left of an item."""
    try:
        values = json.loads((item_folder(folder, number) / "item.json").read_text(encoding="utf-8"))
        return ItemRow(**values) if values.pop("settings") == fingerprint else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def checksum(
    image: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"], front: VertexClasses, truth: Float[Tensor, "V 3"]
) -> str:
    """Sha256 of an item: picture, mask, classes of the vertices, and the truth to a thousandth of a millimetre."""
    digest = hashlib.sha256()
    for part in (image, mask, *vars(front).values()):
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(np.rint(truth.double().numpy() * 1e6).astype("<i4").tobytes())
    return digest.hexdigest()


def item_folder(folder: Path, number: int) -> Path:
    """Where an item lies."""
    return folder / "items" / f"{number:03d}"


def clean_path(folder: Path, scene: int) -> Path:
    """Where a scene's picture without occluder lies."""
    return folder / "clean" / f"{scene:03d}.png"


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Plain arrays of a file.

    Raises:
        DataError: it is missing or damaged.
    """
    try:
        with np.load(_present(path), allow_pickle=False) as file:
            return dict(file)
    except DataError:
        raise
    except Exception as error:  # a damaged zip file raises errors of many kinds
        raise DataError(f"{path} is damaged: {error}", "build the benchmark again") from None


def _write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def _in_mm(vertices: Float[Tensor, "*B V 3"]) -> Float[np.ndarray, "*B V 3"]:
    return (vertices.double() * 1000).float().numpy()


def _flags(numbers: np.ndarray, n: int) -> Bool[np.ndarray, " n"]:
    flags = np.zeros(n, bool)
    flags[numbers] = True
    return flags


def _present(path: Path) -> Path:
    if not path.is_file():
        raise DataError(f"{path} is missing", "build the benchmark again: it goes on where it stopped")
    return path
