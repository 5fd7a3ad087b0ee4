import cv2
import numpy as np

from manyfaces.occlusion import paint_occluder


def scene(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    image = np.random.default_rng(seed).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    mask = np.zeros((256, 256), bool)
    mask[60:190, 80:200] = True
    return image, mask


def test_seeded_and_leaves_the_input_alone():
    image, mask = scene()
    before = image.copy()
    first, second = (paint_occluder(image, mask, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(image, before)


def test_the_inside_is_replaced_and_the_outside_kept():
    image, mask = scene()
    near = cv2.dilate(mask.astype(np.uint8), np.ones((27, 27))).astype(bool)
    core = cv2.erode(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)
    for seed in range(60):
        painted = paint_occluder(image, mask, np.random.default_rng(seed))
        np.testing.assert_array_equal(painted[~near], image[~near])
        other = paint_occluder(255 - image, mask, np.random.default_rng(seed))
        # The paint does not let the picture below shine through.
        np.testing.assert_array_equal(painted[core], other[core])


def test_paints_vary_and_half_are_solid():
    image, mask = scene()
    core = cv2.erode(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)
    spread = np.array([paint_occluder(image, mask, np.random.default_rng(s))[core].std(0).max() for s in range(200)])
    assert 0.4 < (spread == 0).mean() < 0.6
    assert (spread > 20).mean() > 0.1


def test_empty_mask_and_mask_at_the_border():
    image, mask = scene()
    np.testing.assert_array_equal(paint_occluder(image, np.zeros_like(mask), np.random.default_rng(0)), image)
    whole = np.ones_like(mask)
    for seed in range(20):
        assert paint_occluder(image, whole, np.random.default_rng(seed)).shape == image.shape
