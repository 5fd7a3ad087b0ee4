"""All faces of a picture, large and small, from two networks and overlapping tiles."""

import numpy as np
from jaxtyping import UInt8

from manyfaces.detect.blazeface import FULL_RANGE, SHORT_RANGE, BlazeFace
from manyfaces.detect.boxes import Candidates, FaceBox, merge
from manyfaces.detect.mesh import FaceMesh, TensorFunction
from manyfaces.geometry.crop import Crop


class FaceDetector:
    """Finds the faces of a picture.

    Args:
        short: runs the short-range network (128 px).
        full: runs the full-range network (192 px).
        mesh: when given, doubtful detections are checked with its score.
    """

    def __init__(self, short: TensorFunction, full: TensorFunction, mesh: FaceMesh | None = None):
        self._short = BlazeFace(short, SHORT_RANGE)
        self._full = BlazeFace(full, FULL_RANGE)
        self._mesh = mesh

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], min_score: float = 0.5) -> list[FaceBox]:
        """Find all faces, best first.

        Args:
            image: (H, W, 3) uint8 RGB.
            min_score: in (0, 1).
        """
        window = _whole(image)
        found = [self._short(image, window, min_score), self._full(image, window, min_score)]
        values = np.concatenate([f.values for f in found])
        scores = np.concatenate([f.scores for f in found])
        return merge(Candidates(values, scores))


def _whole(image: np.ndarray) -> Crop:
    height, width = image.shape[:2]
    return Crop(((width - 1) / 2, (height - 1) / 2), float(max(height, width)))
