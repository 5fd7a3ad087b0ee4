import math

import cv2
import numpy as np

from manyfaces.geometry import Crop


def test_upright_crop_maps_edges_to_edges():
    crop = Crop((49.5, 29.5), 20.0)
    corners = np.array([[39.5, 19.5], [59.5, 39.5]])
    np.testing.assert_allclose(crop.to_crop(corners, 10), [[-0.5, -0.5], [9.5, 9.5]])


def test_turned_crop_looks_along_its_angle():
    crop = Crop((100.0, 50.0), 40.0, math.pi / 2)
    ahead = crop.to_crop(np.array([[100.0, 60.0]]), 40)  # ten pixels down the picture = ten to the right in the crop
    np.testing.assert_allclose(ahead, [[29.5, 19.5]], atol=1e-12)


def test_inverse():
    crop = Crop((12.0, -3.0), 77.0, 0.4)
    points = np.array([[1.0, 2.0], [30.0, -40.0]])
    np.testing.assert_allclose(crop.to_picture(crop.to_crop(points, 192), 192), points, atol=1e-9)


def test_warp_with_opencv_picks_the_right_pixels():
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    cut = cv2.warpAffine(image, Crop((3.5, 4.5), 4.0).matrix(4), (4, 4))
    np.testing.assert_array_equal(cut, image[3:7, 2:6])
