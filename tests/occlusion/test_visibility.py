import numpy as np

from manyfaces.occlusion import hidden_points


def test_points_in_a_mask_and_near_it():
    mask = np.zeros((20, 30), bool)
    mask[5:10, 10:15] = True
    points = np.array([[10.0, 5.0], [14.4, 9.4], [14.6, 9.0], [17.0, 7.0], [18.1, 7.0]])
    np.testing.assert_array_equal(hidden_points(points, mask), [True, True, False, False, False])
    np.testing.assert_array_equal(hidden_points(points, mask, margin_px=3), [True, True, True, True, False])
    assert mask.sum() == 25  # the margin is not written into the caller's mask


def test_points_outside_the_picture_take_the_nearest_pixel():
    mask = np.zeros((20, 30), bool)
    mask[:, :3] = True
    points = np.array([[-50.0, 10.0], [100.0, 10.0], [0.0, -9.0]])
    np.testing.assert_array_equal(hidden_points(points, mask), [True, False, True])
