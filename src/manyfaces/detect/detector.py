"""All faces of a picture, large, small and partly hidden, from several looks of two networks."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from manyfaces.detect.blazeface import FULL_RANGE, SHORT_RANGE, BlazeFace
from manyfaces.detect.boxes import Candidates, FaceBox, join, merge, mirror
from manyfaces.detect.mesh import TensorFunction
from manyfaces.detect.windows import tiles, whole_window

FindFaces = Callable[[np.ndarray], list[FaceBox]]
"""Finds the faces of a picture, best first: a `FaceDetector`."""

_CANDIDATE_SCORE = 0.1
_VOTES = 1.2
"""Sum of scores at which a face is as likely as not."""

_ZOOM_OUT = 1.6
# The networks' inputs are 128 and 192 px: tiles in about that proportion show them a face at the same size, so that
# a small face gets two votes. Of a 4:3 picture these make 2 x 2 and 3 x 2 tiles.
_FULL_TILE, _SHORT_TILE = 0.64, 0.48
_TILE_SHRINK = 0.6
_FINE_ENOUGH_PX = 640
_MOST_LEVELS = 3


class FaceDetector:
    """Finds the faces of a picture.

    A hidden face often gets a low score, and so does a curtain; but a face is seen again at another scale, in the
    mirror and by the other network, and a curtain seldom is. So each look at the picture (a network on the whole,
    mirrored, zoomed out, in tiles) gives its score as a vote: one sure look is not enough, several doubtful ones are.

    Not for several threads at once unless the networks are.

    Args:
        short: runs the short-range network (128 px).
        full: runs the full-range network (192 px).
    """

    def __init__(self, short: TensorFunction, full: TensorFunction):
        self._short = BlazeFace(short, SHORT_RANGE)
        self._full = BlazeFace(full, FULL_RANGE)

    def __call__(self, image: UInt8[np.ndarray, "H W 3"], min_score: float = 0.5) -> list[FaceBox]:
        """Find all faces, best first.

        Args:
            image: (H, W, 3) uint8 RGB.
            min_score: in (0, 1): of `votes / (1.2 + votes)`, so that 0.5 asks for votes of 1.2 in sum.

        Returns:
            Faces with such scores. A box inside another one counts as the same face.
        """
        votes_needed = _VOTES * min_score / (1 - min_score)
        faces = merge(join(self._looks(image)))
        return [
            FaceBox(face.box_px, face.keypoints_px, face.score / (_VOTES + face.score))
            for face in faces
            if face.score >= votes_needed
        ]

    def _looks(self, image: np.ndarray) -> list[Candidates]:
        height, width = image.shape[:2]
        whole, wide = whole_window(height, width), whole_window(height, width, _ZOOM_OUT)
        mirrored = np.ascontiguousarray(image[:, ::-1])
        looks = [
            self._short(image, whole, _CANDIDATE_SCORE),
            self._full(image, whole, _CANDIDATE_SCORE),
            mirror(self._full(mirrored, whole, _CANDIDATE_SCORE), width),
            # A face that fills the picture is too large for the tiles and for the networks.
            self._short(image, wide, _CANDIDATE_SCORE),
            self._full(image, wide, _CANDIDATE_SCORE),
        ]
        longer, shrink = max(height, width), 1.0
        for _ in range(_MOST_LEVELS):
            for network, part in ((self._full, _FULL_TILE), (self._short, _SHORT_TILE)):
                windows = tiles(height, width, longer * shrink * part)
                found = [network(image, window, _CANDIDATE_SCORE) for window in windows]
                looks.append(join(found, one_look=True))
            if longer * shrink * _FULL_TILE <= _FINE_ENOUGH_PX:
                break
            shrink *= _TILE_SHRINK
        return looks
