import numpy as np

from manyfaces.detect import MIRROR_468, POINTS_68_FROM_468

# The mirror image of each of the 68 points.
MIRROR_68 = [
    *range(16, -1, -1),
    *range(26, 16, -1),
    *(27, 28, 29, 30, 35, 34, 33, 32, 31),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
]


def test_each_of_the_68_is_a_mean():
    assert POINTS_68_FROM_468.shape == (68, 468)
    np.testing.assert_allclose(POINTS_68_FROM_468.sum(1), 1)
    assert (POINTS_68_FROM_468 >= 0).all()


def test_the_mirror_is_its_own_inverse():
    assert (MIRROR_468[MIRROR_468] == np.arange(468)).all()
    assert (np.arange(468) == MIRROR_468).sum() == 28


def test_both_tables_agree_on_left_and_right():
    # The 68 points of a mirrored face are the mirrored 68 points.
    np.testing.assert_array_equal(POINTS_68_FROM_468[:, MIRROR_468], POINTS_68_FROM_468[MIRROR_68])
