"""AFLW2000-3D: `imageNNNNN.jpg` with `imageNNNNN.mat`, 2,000 pictures with 68 points in space and a pose.

Zhu et al., "Face Alignment Across Large Poses", 2016. The points are those of a fitted head: jaw points lie on it, not
on the outline in the picture. 3DDFA publishes better ones in the picture alone, `AFLW2000-3D-Reannotated.pts68.npy`.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks.sample import LandmarkSample, LandmarkSet, checked_points
from manyfaces.io.annotations import read_mat

Annotation = Literal["original", "reannotated"]
PUBLISHED = 2000
YAW_BINS = {"yaw 0-30": 30.0, "yaw 30-60": 60.0, "yaw 60-90": np.inf}
"""Upper ends of |yaw|, degrees; each belongs to its bin (3DDFA)."""
ALL = "all"
REANNOTATED = ("AFLW2000-3D-Reannotated.pts68.npy", "test.configs/AFLW2000-3D-Reannotated.pts68.npy")


def read_aflw2000(folder: Path, annotation: Annotation = "original") -> LandmarkSet:
    """Read the data set.

    Args:
        folder: holds the pictures, or a folder `AFLW2000` of them.
        annotation: the points of the `.mat` files, or the better ones of 3DDFA, whose file lies in `folder` or its
            `test.configs`.

    Raises:
        DataError: there are none, a `.mat` has no picture, or a file is damaged or does not fit.
    """
    place = folder / "AFLW2000" if (folder / "AFLW2000").is_dir() else folder
    files = sorted(place.glob("image*.mat"))
    if not files:
        raise DataError(f"{folder} holds no image*.mat", "name the folder AFLW2000 of AFLW2000-3D.zip")
    better = _reannotated(folder, len(files)) if annotation == "reannotated" else None
    samples = tuple(_sample(path, None if better is None else better[row]) for row, path in enumerate(files))
    notes = (f"{len(files)} of the published {PUBLISHED} pictures",) if len(files) != PUBLISHED else ()
    present = {sample.groups[0] for sample in samples}
    return LandmarkSet(samples, (*(name for name in YAW_BINS if name in present), ALL), notes)


def _sample(path: Path, better: Float[np.ndarray, "2 68"] | None) -> LandmarkSample:
    found = read_mat(path, ("pt3d_68", "Pose_Para"))
    points, pose = found["pt3d_68"], found["Pose_Para"]
    if points.shape != (3, 68) or pose.shape != (1, 7):
        raise DataError(f"{path}: pt3d_68 is {points.shape}, not (3, 68), or Pose_Para {pose.shape}, not (1, 7)")
    image = path.with_suffix(".jpg")
    if not image.is_file():
        raise DataError(f"there is no {image}")
    yaw_deg = abs(float(np.degrees(pose[0, 1])))
    if not np.isfinite(yaw_deg):
        raise DataError(f"{path}: its yaw is not finite")
    group = next(name for name, end in YAW_BINS.items() if yaw_deg <= end)
    counted_from_1 = points.T.astype(float) if better is None else better.T
    points = checked_points(path, counted_from_1 - np.array([1.0, 1.0, 0.0])[: counted_from_1.shape[1]])
    return LandmarkSample(name=path.stem, image=image, points=points, subject=path.stem, groups=(group, ALL))


def _reannotated(folder: Path, count: int) -> Float[np.ndarray, "n 2 68"]:
    """3DDFA's points: a row for each picture, in the order of their names."""
    path = next((folder / name for name in REANNOTATED if (folder / name).is_file()), None)
    if path is None:
        raise DataError(f"{folder} holds no {REANNOTATED[0]}", "get it from test.configs of cleardusk/3DDFA")
    try:
        points = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is damaged: {error}", "get the file anew") from None
    if points.shape != (count, 2, 68):
        raise DataError(f"{path} has shape {points.shape}, and there are {count} pictures", "use the whole data set")
    return points.astype(float)
