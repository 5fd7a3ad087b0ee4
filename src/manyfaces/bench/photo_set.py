"""A folder of photos with annotated faces (68 points) and drawn occluders whose hidden points are known.

`landmarks.json`: a list of `{file, source, faces: [{points: 68 x [x, y], box: [x0, y0, x1, y1]}]}`; `occluders.json`:
`{faces: [{file, face, occluders: {kind: {polygon: [[x, y], ...], color: [r, g, b], hidden: [point numbers]}}}]}`.
Coordinates are pixels, (0, 0) the centre of the top-left pixel; the order of the points is that of 300-W.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.core.errors import InputError
from manyfaces.data.landmarks import LandmarkSample, LandmarkSet
from manyfaces.detect.boxes import overlaps

Half = Literal["tune", "report"]
Kind = Literal["clean", "block", "mouth", "eyes", "half"]

OCCLUDED_KINDS: tuple[Kind, ...] = ("block", "mouth", "eyes", "half")
KINDS: tuple[Kind, ...] = ("clean", *OCCLUDED_KINDS)

LEAST_OVERLAP = 0.2
"""Intersection over union below which a detection does not mean the annotated face."""


@dataclass(frozen=True, eq=False)
class Occluder:
    """One drawn polygon.

    Attributes:
        polygon_px: its corners; may reach outside the picture.
        colour: RGB.
        hidden: which of the 68 points lie under it.
    """

    polygon_px: Float[np.ndarray, "P 2"]
    colour: tuple[int, int, int]
    hidden: Bool[np.ndarray, "68"]

    def paint(self, image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
        """A copy of the picture with the polygon on it."""
        painted = np.ascontiguousarray(image).copy()
        cv2.fillPoly(painted, [self._corners()], self.colour)
        return painted

    def mask(self, height: int, width: int) -> Bool[np.ndarray, "H W"]:
        """The pixels that `paint` changes."""
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [self._corners()], (1,))
        return mask.astype(bool)

    def _corners(self) -> np.ndarray:
        return np.round(self.polygon_px).astype(np.int32)


@dataclass(frozen=True, eq=False)
class AnnotatedFace:
    """One face that people annotated.

    Attributes:
        file: name of its photo.
        index: its place in that photo.
        points_px: the 68 points.
        box_px: x0, y0, x1, y1, the tight box of the points.
        occluders: by kind.
    """

    file: str
    index: int
    points_px: Float[np.ndarray, "68 2"]
    box_px: Float[np.ndarray, "4"]
    occluders: Mapping[str, Occluder]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The pictures that can be made of this face."""
        return tuple(kind for kind in KINDS if kind == "clean" or kind in self.occluders)

    def picture(self, photo: UInt8[np.ndarray, "H W 3"], kind: Kind) -> UInt8[np.ndarray, "H W 3"]:
        """The photo with this face's occluder of that kind on it; as it is for "clean"."""
        return photo if kind == "clean" else self.occluders[kind].paint(photo)

    def mask(self, photo: UInt8[np.ndarray, "H W 3"], kind: Kind) -> Bool[np.ndarray, "H W"]:
        """The pixels that are hidden in that picture; none for "clean"."""
        height, width = photo.shape[:2]
        return np.zeros((height, width), bool) if kind == "clean" else self.occluders[kind].mask(height, width)

    def hidden(self, kind: Kind) -> Bool[np.ndarray, "68"]:
        """Which of the 68 points are hidden in that picture."""
        return np.zeros(68, bool) if kind == "clean" else self.occluders[kind].hidden


@dataclass(frozen=True, eq=False)
class AnnotatedPhoto:
    """One photo.

    Attributes:
        path: the file.
        half: whether it is for tuning or for reporting.
        aflw2000: from AFLW2000, whose points follow another convention; reported apart.
        faces: its annotated faces.
    """

    path: Path
    half: Half
    aflw2000: bool
    faces: tuple[AnnotatedFace, ...]

    def choose(self, index: int, boxes_px: Float[np.ndarray, "D 4"]) -> int | None:
        """Say which of some detected boxes means the face `index`; None where none does."""
        return choose_face(np.stack([face.box_px for face in self.faces]), index, boxes_px)


def choose_face(owned_px: Float[np.ndarray, "F 4"], index: int, boxes_px: Float[np.ndarray, "D 4"]) -> int | None:
    """Say which of some detected boxes means one of the annotated faces; None where none does.

    A detection belongs to the annotated face that it overlaps most. Of those that belong to the face the one that
    overlaps it most is taken, if its middle lies in the face's box.

    Args:
        owned_px: boxes of all annotated faces of a picture.
        index: of the face that is meant.
        boxes_px: detected ones.
    """
    best, best_overlap = None, LEAST_OVERLAP
    for row, box in enumerate(boxes_px):
        shares = overlaps(box, owned_px)
        if int(np.argmax(shares)) == index and shares[index] >= best_overlap and _holds_middle(owned_px[index], box):
            best, best_overlap = row, shares[index]
    return best


USUAL, APART = "photos", "AFLW2000-3D"
"""Groups of faces; the points of the second follow another convention."""


def read_photo_faces(folder: Path) -> LandmarkSet:
    """The faces of a folder in the form of the landmark benchmarks; photos are their subjects.

    Raises:
        InputError: as `read_photo_set`.
    """
    samples = tuple(
        LandmarkSample(
            name=f"{face.file}#{face.index}",
            image=photo.path,
            points=face.points_px,
            subject=face.file,
            groups=(APART if photo.aflw2000 else USUAL,),
            box_px=face.box_px,
        )
        for photo in read_photo_set(folder)
        for face in photo.faces
    )
    return LandmarkSet(samples, (USUAL, APART))


def read_photo_set(folder: Path) -> tuple[AnnotatedPhoto, ...]:
    """Read a folder; photos in the order of their file names, even places for tuning, odd ones for reporting.

    Raises:
        InputError: a file is missing or does not have the format above.
    """
    photos = _read_json(folder / "landmarks.json")
    drawn = _read_json(folder / "occluders.json")
    try:
        occluders = {(f["file"], f["face"]): _occluders(f["occluders"]) for f in drawn["faces"]}
        ordered = sorted(photos, key=lambda photo: photo["file"])
        read = [_photo(folder, place, photo, occluders) for place, photo in enumerate(ordered)]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"{folder} does not have the format of a photo set: {type(error).__name__} {error}",
            "see manyfaces.bench.photo_set for the format",
        ) from error
    missing = [photo.path.name for photo in read if not photo.path.is_file()]
    if missing:
        raise InputError(f"{folder} lacks {len(missing)} of its photos, {missing[0]} first")
    return tuple(read)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}", "name a folder with landmarks.json and occluders.json"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}") from error


def _photo(folder: Path, place: int, photo: Any, occluders: Mapping[tuple[str, int], Any]) -> AnnotatedPhoto:
    name = photo["file"]
    faces = tuple(
        AnnotatedFace(
            file=name,
            index=index,
            points_px=np.array(face["points"], float).reshape(68, 2),
            box_px=np.array(face["box"], float).reshape(4),
            occluders=occluders.get((name, index), {}),
        )
        for index, face in enumerate(photo["faces"])
    )
    apart = any(str(text).lower().startswith("aflw2000") for text in (name, photo.get("source", "")))
    return AnnotatedPhoto(folder / name, "tune" if place % 2 == 0 else "report", apart, faces)


def _occluders(drawn: Any) -> dict[str, Occluder]:
    read = {}
    for kind, values in drawn.items():
        hidden = np.zeros(68, bool)
        hidden[np.array(values["hidden"], int)] = True
        red, green, blue = (int(v) for v in values["color"])
        read[kind] = Occluder(np.array(values["polygon"], float).reshape(-1, 2), (red, green, blue), hidden)
    return read


def _holds_middle(box: np.ndarray, other: np.ndarray) -> bool:
    middle = (other[:2] + other[2:]) / 2
    return bool((box[:2] <= middle).all() and (middle <= box[2:]).all())
