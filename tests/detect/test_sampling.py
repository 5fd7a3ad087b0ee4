import numpy as np
import pytest

from manyfaces.detect.sampling import sample_crop
from manyfaces.detect.windows import tiles, whole_window
from manyfaces.geometry.crop import Crop


def smooth_picture(height=300, width=400):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 0.6, y * 0.8, 120 + 60 * np.sin(x / 40) * np.cos(y / 50)], -1).round().astype(np.uint8)


def test_a_crop_of_whole_pixels_copies_them():
    picture = smooth_picture()
    cut = sample_crop(picture, Crop((49.5, 69.5), 20.0), 20)
    assert (cut == picture[60:80, 40:60]).all()


@pytest.mark.parametrize("size_px", [20.0, 50.0, 64.0, 75.0, 100.0])
def test_values_lie_where_the_crop_says(size_px):
    # Red is 2 x and green 2 y, so that means over blocks of 2 and 3 pixels are whole numbers too: what is sampled at
    # a point is known, averaged down or not. Turned, so that roundings average out.
    y, x = np.mgrid[:128, :128].astype(np.uint8) * 2
    crop = Crop((63.3, 62.6), size_px, 0.3)
    cut = sample_crop(np.stack([x, y, x], -1), crop, 32).astype(float)
    centres = np.stack(np.meshgrid(np.arange(32.0), np.arange(32.0)), -1).reshape(-1, 2)
    difference = cut[..., :2] - 2 * crop.to_picture(centres, 32).reshape(32, 32, 2)
    inner = difference[4:-4, 4:-4]
    assert np.abs(inner).max() < 1.2
    assert np.abs(inner.mean((0, 1))).max() < 0.1


@pytest.mark.parametrize("size_px", [64.0, 150.0, 211.0, 700.0])
@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_mirrored_pictures_give_mirrored_crops(size_px, angle):
    picture = smooth_picture()
    crop = Crop((180.3, 149.6), size_px, angle)
    mirrored = Crop((399 - 180.3, 149.6), size_px, -angle)
    one = sample_crop(picture, crop, 48, replicate_border=True)
    two = sample_crop(np.ascontiguousarray(picture[:, ::-1]), mirrored, 48, replicate_border=True)[:, ::-1]
    inside = slice(8, 40)  # at the picture's border whole blocks fall differently
    assert np.abs(one.astype(int) - two)[inside, inside].max() <= (2 if size_px < 400 else 12)


def test_averaging_down_does_not_alias():
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    cut = sample_crop(stripes, Crop((255.5, 255.5), 512.0), 64)
    assert np.abs(cut.astype(int) - 128).max() <= 1


def test_beyond_the_picture():
    picture = np.full((50, 50, 3), 200, np.uint8)
    crop = Crop((24.5, 24.5), 100.0)
    assert sample_crop(picture, crop, 100)[0, 0].tolist() == [0, 0, 0]
    assert sample_crop(picture, crop, 100, replicate_border=True)[0, 0].tolist() == [200, 200, 200]


@pytest.mark.parametrize(
    "crop", [Crop((-500.0, -500.0), 30.0), Crop((5000.0, 20.0), 4000.0, 1.0), Crop((5.0, 5.0), 0.5)]
)
def test_crops_far_out_and_tiny_do_not_fail(crop):
    assert sample_crop(smooth_picture(), crop, 24, replicate_border=True).shape == (24, 24, 3)


@pytest.mark.parametrize(("height", "width", "size"), [(480, 640, 384.0), (480, 640, 100.0), (50, 3000, 640.0)])
def test_tiles_cover_the_picture_and_overlap(height, width, size):
    seen = np.zeros((height, width), int)
    for tile in tiles(height, width, size):
        x, y = (np.array(tile.centre_px) + 0.5).tolist()
        assert tile.size_px == size
        seen[max(0, round(y - size / 2)) : round(y + size / 2), max(0, round(x - size / 2)) : round(x + size / 2)] += 1
    assert seen.min() >= 1
    for axis, length in ((0, width), (1, height)):
        steps = np.diff(sorted({tile.centre_px[axis] for tile in tiles(height, width, size)}))
        assert length <= size or steps.max() <= 0.6 * size + 1e-6


def test_the_whole_window_is_centred():
    assert whole_window(480, 640) == Crop((319.5, 239.5), 640.0)
    assert whole_window(480, 640, 1.5).size_px == 960
