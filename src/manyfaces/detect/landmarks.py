"""Which of the 468 points are which: the usual 68 points among them, and their mirror images."""

import numpy as np

# The 468 points (numbers of MediaPipe's face mesh) nearest to each of the 68 points of the 300-W annotation;
# where none is near, the mean of two.
_NEAREST = (
    *((127,), (234,), (93,), (132, 58), (58, 172), (136,), (150,), (176,), (152,)),  # jaw, picture left to chin
    *((400,), (379,), (365,), (397, 288), (288, 361), (323,), (454,), (356,)),  # jaw, chin to picture right
    *((70,), (63,), (105,), (66,), (107,), (336,), (296,), (334,), (293,), (300,)),  # brows
    *((168, 6), (197, 195), (5,), (4,), (75,), (97,), (2,), (326,), (305,)),  # nose
    *((33,), (160,), (158,), (133,), (153,), (144,)),  # the eye at the picture's left
    *((362,), (385,), (387,), (263,), (373,), (380,)),  # the other eye
    *((61,), (39,), (37,), (0,), (267,), (269,), (291,), (321,), (314,), (17,), (84,), (91,)),  # lips, outside
    *((78,), (82,), (13,), (312,), (308,), (317,), (14,), (87,)),  # lips, inside
)


def _weights() -> np.ndarray:
    weights = np.zeros((68, 468), np.float32)
    for row, points in zip(weights, _NEAREST, strict=True):
        row[list(points)] = 1 / len(points)
    weights.setflags(write=False)
    return weights


POINTS_68_FROM_468 = _weights()
"""(68, 468) float32, rows sum to 1: the 68 points of the 300-W annotation as means of the 468."""

# The points on the line that halves the face; all others are numbered side by side, in the same order on both.
_MIDDLE = (
    *(0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 94, 151, 152, 164, 168, 175),
    *(195, 197, 199, 200),
)


def _mirrored() -> np.ndarray:
    mirrored = np.arange(468)
    right, left = np.setdiff1d(mirrored, _MIDDLE).reshape(2, 220)
    mirrored[right], mirrored[left] = left, right
    mirrored.setflags(write=False)
    return mirrored


MIRROR_468 = _mirrored()
"""(468,) the number of each point's mirror image; `points[MIRROR_468]` of a mirrored picture are in place again."""
