"""Cut faces out of photos into R-Net's frame, and keep them with their 68 points as shards; see `data.tar_shards`.

Each face is three files in a row: `.crop.jpg` (quality 95, colours at full resolution), `.geometry.npz`
(`landmarks_px`, the 68 points in the crop, and `crop_from_photo`) and `.json` (name, split, occluded, where the points
are from).
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from PIL import Image

from manyfaces.core.errors import ImageError
from manyfaces.data.faces.sample import FacePhoto, FaceSet
from manyfaces.data.tar_shards import ALIGNED_FACES, Packed, write_shards
from manyfaces.detect import (
    POINTS_68_FROM_468,
    FindFaces,
    FindPoints,
    RNetCrop,
    crop_from_box,
    crop_from_five,
    rnet_crop,
    rnet_five,
    settled_points,
)
from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.io.atomic import atomic_path

LEFT_OUT = "left_out.json"
PointSource = Literal["data set", "detector"]

_MIN_SCORE = 0.5
"""Of the points' network, where the face was to be."""


@dataclass(frozen=True)
class AlignConfig:
    """How faces are cut out.

    Attributes:
        photos_per_shard: about 30 MB of crops at 224 pixels.
        size_px: side of the crops; the view is the same at any size.
        quality: of the JPEG files.
    """

    photos_per_shard: int = 1000
    size_px: int = RNET_PX
    quality: int = 95


@dataclass(frozen=True, eq=False)
class AlignedFace:
    """A photo cut out.

    Attributes:
        crop: in R-Net's frame.
        landmarks_px: the 68 points in the crop.
        points_from: who found them.
    """

    crop: RNetCrop
    landmarks_px: Float[np.ndarray, "68 2"]
    points_from: PointSource


@dataclass(frozen=True)
class LeftOut:
    """A photo that is not among the crops.

    Attributes:
        name: of the photo.
        why: one line.
    """

    name: str
    why: str


def align_faces(
    faces: FaceSet,
    folder: Path,
    detector: FindFaces,
    mesh: FindPoints,
    config: AlignConfig | None = None,
    tick: Callable[[int], None] | None = None,
) -> tuple[LeftOut, ...]:
    """Cut the face out of every photo of a set and write shards; what an interrupted run has finished stays.

    Args:
        faces: the photos. Where they have 68 points, these are taken; where they have five, the detector looks there;
            else it looks for the largest face.
        folder: where the shards, their index and `left_out.json` go.
        detector: finds faces, a `FaceDetector`.
        mesh: finds the points of one, a `FaceMesh`.
        config: how; the defaults when None.
        tick: called with the number of photos each time some are done.

    Returns:
        Photos that are left out: no face was found, or they cannot be read. They are also in `left_out.json`.

    Raises:
        InputError: the folder holds shards of other photos or settings.
        DataError: a file that holds many photos is damaged.
        OutputError: the folder cannot be written.
    """
    config = config or AlignConfig()
    left_out = _kept_list(folder / LEFT_OUT)

    def packed(rows: range) -> Iterator[Packed]:
        lost: list[LeftOut] = []
        for row in rows:
            found = _aligned(faces, row, detector, mesh, config.size_px)
            if isinstance(found, LeftOut):
                lost.append(found)
            else:
                photo, face = found
                yield _packed(row, photo, face, config.quality)
        # Before the shard takes its name: a shard that is there is in the list.
        left_out[str(rows.start)] = lost
        _write_list(folder / LEFT_OUT, left_out)

    plan = {
        "kind": ALIGNED_FACES,
        "set": faces.name,
        "photos": len(faces.entries),
        "list_sha256": hashlib.sha256(repr(faces.entries).encode()).hexdigest(),
        "size_px": config.size_px,
        "quality": config.quality,
    }
    write_shards(folder, plan, len(faces.entries), config.photos_per_shard, packed, tick)
    return tuple(lost for first in sorted(left_out, key=int) for lost in left_out[first])


def align_face(photo: FacePhoto, detector: FindFaces, mesh: FindPoints, size_px: int = RNET_PX) -> AlignedFace | None:
    """Cut one face out; None where none was found."""
    points = photo.points_px if photo.points_px is not None and len(photo.points_px) == 68 else None
    points_from: PointSource = "detector" if points is None else "data set"
    if points is None:
        points = find_68(photo, detector, mesh)
    if points is None:
        return None
    crop = rnet_crop(photo.rgb, rnet_five(points), size_px)
    return AlignedFace(crop, crop.to_crop(points), points_from)


def find_68(photo: FacePhoto, detector: FindFaces, mesh: FindPoints) -> Float[np.ndarray, "68 2"] | None:
    """Find the 68 points of the face that is meant: where five points are known, or else the best face's."""
    five = photo.five_px
    if five is not None:
        crop = crop_from_five(five)
    elif boxes := detector(photo.rgb):
        crop = crop_from_box(boxes[0])
    else:
        return None
    found = settled_points(mesh, photo.rgb, crop)
    return POINTS_68_FROM_468 @ found.points_px if found.score >= _MIN_SCORE else None


def _aligned(
    faces: FaceSet, row: int, detector: FindFaces, mesh: FindPoints, size_px: int
) -> tuple[FacePhoto, AlignedFace] | LeftOut:
    try:
        photo = faces.read(row)
    except ImageError as error:
        return LeftOut(faces.entries[row].name, error.message)
    face = align_face(photo, detector, mesh, size_px)
    return LeftOut(photo.name, "no face was found") if face is None else (photo, face)


def _packed(row: int, photo: FacePhoto, face: AlignedFace, quality: int) -> Packed:
    picture, geometry = io.BytesIO(), io.BytesIO()
    Image.fromarray(face.crop.image).save(picture, format="JPEG", quality=quality, subsampling=0)
    np.savez(
        geometry,
        landmarks_px=face.landmarks_px.astype(np.float32),
        crop_from_photo=face.crop.crop_from_photo.astype(np.float64),
    )
    told = {"name": photo.name, "split": photo.split, "occluded": photo.occluded, "points_from": face.points_from}
    return Packed(row, told, {"crop.jpg": picture.getvalue(), "geometry.npz": geometry.getvalue()})


def _kept_list(path: Path) -> dict[str, list[LeftOut]]:
    """Photos left out by an earlier run, by the first photo of their shard."""
    if not path.is_file():
        return {}
    return {first: [LeftOut(**lost) for lost in own] for first, own in json.loads(path.read_text()).items()}


def _write_list(path: Path, left_out: dict[str, list[LeftOut]]) -> None:
    with atomic_path(path) as temporary:
        table = {first: [asdict(lost) for lost in own] for first, own in left_out.items() if own}
        temporary.write_text(json.dumps(table, indent=0) + "\n")
