"""A folder of points that another method predicted.

`<name>.npy`: (68, 2); (68, 3), whose depth is not looked at; or (M, 68, 2) of M hypotheses, best first; pixels,
0-based. Or `<name>.pts`, which counts pixels from 1 as the format does. `<name>` is that of the sample: the picture's
place in its data set without the ending, such as `helen/testset/100032540_1`, `114/000001`, `image00002`; in COFW-68
the picture's number.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from manyfaces.core.errors import DataError
from manyfaces.data.landmarks import LandmarkSample
from manyfaces.io.annotations import read_pts

SHAPES = ((68, 2), (68, 3))


def check_predictions(folder: Path, samples: Sequence[LandmarkSample]) -> None:
    """Refuse a folder that holds a prediction of none of the samples.

    Raises:
        DataError: it does.
    """
    if not any(_file(folder, sample.name) for sample in samples):
        raise DataError(
            f"{folder} holds no points of the {len(samples)} faces", f"name files after them: {samples[0].name}.npy"
        )


def find_prediction(folder: Path, name: str) -> Float64[np.ndarray, "M 68 2"] | None:
    """The points of one face; None where there is no file.

    Raises:
        DataError: the file is damaged, or holds something else.
    """
    path = _file(folder, name)
    if path is None:
        return None
    points = read_pts(path) if path.suffix == ".pts" else _array(path)
    if points.shape in SHAPES:
        points = points[None, :, :2]
    if points.ndim != 3 or points.shape[1:] != (68, 2) or len(points) == 0:
        raise DataError(f"{path} holds points of shape {points.shape}", "write (68, 2), or (M, 68, 2) best first")
    if not np.isfinite(points).all():
        raise DataError(f"{path} holds points that are not finite", "leave files of faces out that were not found")
    return points.astype(np.float64)


def _file(folder: Path, name: str) -> Path | None:
    for ending in (".npy", ".pts"):
        path = folder / f"{name}{ending}"
        if path.is_file():
            return path
    return None


def _array(path: Path) -> np.ndarray:
    try:
        points = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is damaged or no array of numbers: {error}") from None
    if not isinstance(points, np.ndarray) or points.dtype.kind not in "fiu":
        raise DataError(f"{path} holds no array of numbers")
    return points
