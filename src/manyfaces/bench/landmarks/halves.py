"""Two halves of a data set, and the constant offsets between our points and its annotation, from one to the other."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from manyfaces.bench.photo_set import Half
from manyfaces.bench.scoring import residuals
from manyfaces.data.landmarks import LandmarkSample

NO_OFFSETS: Float[np.ndarray, "68 2"] = np.zeros((68, 2))
NO_OFFSETS.setflags(write=False)


def split_halves(samples: Sequence[LandmarkSample]) -> Mapping[LandmarkSample, Half]:
    """Subjects in the order of their names alternate between the halves, so that none is in both."""
    halves: tuple[Half, Half] = ("tune", "report")
    place = {subject: k for k, subject in enumerate(sorted({sample.subject for sample in samples}))}
    return {sample: halves[place[sample.subject] % 2] for sample in samples}


def fit_offsets(
    found: Iterable[tuple[LandmarkSample, Float[np.ndarray, "68 2"]]], halves: Mapping[LandmarkSample, Half]
) -> dict[Half, Float[np.ndarray, "68 2"]]:
    """Offsets to be removed from the faces of each half: the mean residual on the other one; zero where it is empty.

    Args:
        found: faces, and the detector's own 68 points on them.
        halves: of all faces.

    Returns:
        Percent of the eye distance along the eye line, as `residuals`.
    """
    gathered: dict[Half, list[np.ndarray]] = {"tune": [], "report": []}
    for sample, points_px in found:
        other: Half = "report" if halves[sample] == "tune" else "tune"
        gathered[other].append(residuals(points_px, sample.points_px, NO_OFFSETS))
    return {half: np.mean(values, 0) if values else NO_OFFSETS for half, values in gathered.items()}
