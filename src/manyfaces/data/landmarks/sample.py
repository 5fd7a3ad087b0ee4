"""One annotated face of a landmark benchmark, whichever data set it comes from, and the pictures of many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from manyfaces.core.errors import DataError
from manyfaces.io.annotations import read_mat_pictures
from manyfaces.io.frames import read_frames
from manyfaces.io.image import read_image
from manyfaces.metrics.points import unit_px

MAT_CELLS = "IsT"
"""The cell array that COFW keeps its test pictures in."""


@dataclass(frozen=True, eq=False)
class LandmarkSample:
    """One annotated face.

    Attributes:
        name: unique in its data set; the folders of the data set and the file's name without its ending. Predictions
            are looked for under it.
        image: file of the picture, or of the many that it is one of.
        points: the 68 points of 300-W's order, x, y (and depth, where the data set has it) in pixels, 0-based; not
            numbers where the data set does not annotate a point.
        subject: whose picture it is, or which photo or video it is from: what is resampled as a whole.
        groups: the rows of the tables that it counts in.
        frame: its number, from 0, where the file holds many pictures: a video, or a `.mat` with a cell of them.
        visible: which points can be seen; None where the data set does not say.
        box_px: x0, y0, x1, y1 of the face; None where the data set has none.
    """

    name: str
    image: Path
    points: Float[np.ndarray, "68 D"]
    subject: str
    groups: tuple[str, ...]
    frame: int | None = None
    visible: Bool[np.ndarray, "68"] | None = None
    box_px: Float[np.ndarray, "4"] | None = None

    @property
    def points_px(self) -> Float[np.ndarray, "68 2"]:
        """The points in the picture."""
        return self.points[:, :2]

    @property
    def annotated(self) -> Bool[np.ndarray, "68"]:
        """Which points there are."""
        return np.asarray(np.isfinite(self.points_px).all(1))

    @property
    def tight_box_px(self) -> Float[np.ndarray, "4"]:
        """The box of the points."""
        return np.concatenate([np.nanmin(self.points_px, 0), np.nanmax(self.points_px, 0)])


@dataclass(frozen=True)
class LandmarkSet:
    """A data set as it lies on the disk.

    Attributes:
        samples: those of one file next to each other, frames ascending.
        groups: names of all groups that have samples, in the order of the tables.
        notes: what is incomplete or was left out, for whoever reads the figures.
    """

    samples: tuple[LandmarkSample, ...]
    groups: tuple[str, ...]
    notes: tuple[str, ...] = ()


def pictures(samples: Sequence[LandmarkSample]) -> Iterator[tuple[LandmarkSample, UInt8[np.ndarray, "H W 3"]]]:
    """Each sample with its picture, RGB; one at a time, videos decoded once.

    Raises:
        DataError: a file cannot be read, or lacks a frame.
        ImageError: a picture cannot be read.
    """
    for path, members in groupby(samples, key=lambda sample: sample.image):
        group = list(members)
        yield from zip(group, _pictures(path, [sample.frame for sample in group]), strict=True)


def _pictures(path: Path, frames: Sequence[int | None]) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    numbers = [frame for frame in frames if frame is not None]
    if not numbers:
        return (read_image(path) for _ in frames)
    return read_mat_pictures(path, MAT_CELLS, numbers) if path.suffix == ".mat" else read_frames(path, numbers)


ALL_68 = slice(0, 68)


def checked_points(
    where: str | Path, points: Float[np.ndarray, "P D"], annotated: slice = ALL_68
) -> Float[np.ndarray, "68 D"]:
    """Give the points back if errors on them can be measured.

    Args:
        where: the file, and the face in it if it has several.
        points: pixels.
        annotated: which of the 68 the data set annotates; both eyes are among them.

    Raises:
        DataError: these are not finite, there are not 68, or the eyes have no distance or the face no extent.
    """
    if len(points) != 68:
        raise DataError(f"{where} holds {len(points)} points, not 68")
    if not np.isfinite(points[annotated]).all():
        raise DataError(f"{where} holds points that are not finite")
    if not all(unit_px(points[:, :2].astype(float), unit) > 0 for unit in ("interocular", "interpupil", "box")):
        raise DataError(f"{where} holds no face: its eye corners, eyes or borders coincide")
    return points.astype(np.float64)
