"""COFW-68: 507 occluded faces, 68 points each with its visibility.

`COFW68_Data/test_annotations/<i>_points.mat` and `cofw68_test_bboxes.mat` (Ghiasi and Fowlkes, "Occlusion Coherence",
2015; golnazghiasi/cofw68-benchmark). The pictures are COFW's (Burgos-Artizzu et al., 2013): `im_<i>.png` beside the
annotations, as the benchmark's script writes them, or else in `COFW_test_color.mat` or `COFW_test.mat`.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks.sample import LandmarkSample, LandmarkSet, checked_points
from manyfaces.io.annotations import read_mat

PUBLISHED = 507
COLLECTIONS = ("COFW_test_color.mat", "COFW_test.mat")
ALL = "all"
_ANNOTATION = "_points.mat"


def read_cofw68(folder: Path) -> LandmarkSet:
    """Read the data set.

    Args:
        folder: the benchmark's, or its `COFW68_Data`.

    Raises:
        DataError: there are no annotations or no pictures, or a file is damaged or does not fit.
    """
    root = folder / "COFW68_Data" if (folder / "COFW68_Data").is_dir() else folder
    files = {_number(path): path for path in (root / "test_annotations").glob(f"*{_ANNOTATION}")}
    if not files:
        raise DataError(f"{folder} holds no test_annotations/*{_ANNOTATION}", "name the folder COFW68_Data")
    boxes = _boxes(root / "cofw68_test_bboxes.mat", max(files))
    collection = next((path for name in COLLECTIONS for path in (root / name, folder / name) if path.is_file()), None)
    samples = tuple(_sample(files[number], number, boxes[number - 1], collection) for number in sorted(files))
    notes = (f"{len(files)} of the published {PUBLISHED} pictures",) if len(files) != PUBLISHED else ()
    return LandmarkSet(samples, (ALL,), notes)


def _sample(path: Path, number: int, box_px: Float[np.ndarray, "4"], collection: Path | None) -> LandmarkSample:
    found = read_mat(path, ("Points", "Occ"))
    points, occluded = found["Points"], found["Occ"].ravel()
    if points.shape != (68, 2) or occluded.shape != (68,):
        raise DataError(f"{path}: Points is {points.shape}, not (68, 2), or Occ has {len(occluded)} values, not 68")
    image, frame = path.with_name(f"im_{number}.png"), None
    if not image.is_file():
        if collection is None:
            raise DataError(f"there is no {image}", f"put {COLLECTIONS[0]} of COFW beside test_annotations")
        image, frame = collection, number - 1
    return LandmarkSample(
        name=str(number),
        image=image,
        points=checked_points(path, points.astype(float) - 1),
        subject=str(number),
        groups=(ALL,),
        frame=frame,
        visible=occluded == 0,
        box_px=box_px,
    )


def _boxes(path: Path, count: int) -> Float[np.ndarray, "n 4"]:
    """Boxes of the faces, x0, y0, x1, y1; the file has x, y, width, height, x and y from 1."""
    boxes = read_mat(path, ("bboxes",))["bboxes"].astype(float)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or len(boxes) < count or not np.isfinite(boxes).all():
        raise DataError(f"{path}: bboxes is {boxes.shape}, and {count} rows of 4 finite numbers are needed")
    corner = boxes[:, :2] - 1
    return np.concatenate([corner, corner + boxes[:, 2:]], 1)


def _number(path: Path) -> int:
    number = path.name.removesuffix(_ANNOTATION)
    if not number.isdecimal() or int(number) < 1:
        raise DataError(f"{path} is not named after a picture", f"pictures are numbered from 1{_ANNOTATION}")
    return int(number)
