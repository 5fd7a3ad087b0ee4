"""Aligned crops: what lands where, in which numbers."""

import numpy as np
import pytest
import torch

from manyfaces.detect import POINTS_68_FROM_468, FaceCrops, arcface_crop, five_points, portrait_crop, to_face_crops
from manyfaces.detect.alignment import ARCFACE_TEMPLATE_112, align_faces, points_box


def ramp(height=300, width=400):
    """A picture that says where each of its pixels is: red is x, green is y, both halved."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x / 2, y / 2, np.full_like(x, 100)], -1).astype(np.uint8)


def turned(points, scale, angle, shift):
    cosine, sine = np.cos(angle), np.sin(angle)
    return scale * points @ np.array([[cosine, sine], [-sine, cosine]]) + shift


def test_five_points_are_those_of_the_68():
    points = np.random.default_rng(0).normal(size=(468, 2)).astype(np.float32) * 100
    five, points_68 = five_points(points), POINTS_68_FROM_468 @ points
    np.testing.assert_allclose(five[0], points_68[36:42].mean(0), rtol=1e-5)
    np.testing.assert_allclose(five[1:4], [points_68[42:48].mean(0), points_68[30], points_68[48]], rtol=1e-5)
    np.testing.assert_array_equal(five[4], points_68[54])


def test_a_picture_that_is_aligned_stays_as_it_is():
    image = np.random.default_rng(1).integers(0, 255, (112, 112, 3), dtype=np.uint8)
    np.testing.assert_array_equal(arcface_crop(image, ARCFACE_TEMPLATE_112), image)


@pytest.mark.parametrize(("scale", "angle"), [(1.5, 0.0), (0.8, 0.3), (2.0, -0.5)])
def test_the_five_points_land_on_the_template(scale, angle):
    five = turned(ARCFACE_TEMPLATE_112, scale, angle, (90.0, 70.0))
    crop = arcface_crop(ramp(), five)
    for (x, y), (picture_x, picture_y) in zip(ARCFACE_TEMPLATE_112, five, strict=True):
        red, green, blue = crop[round(y), round(x)]
        # Rounding to a whole crop pixel is up to 0.71 of them, halved colours cost one more.
        np.testing.assert_allclose([2.0 * red, 2.0 * green], [picture_x, picture_y], atol=0.71 * scale + 2)
        assert blue == 100


def test_the_portrait_is_the_square_around_the_box():
    # Mean side 70 and 1.6 times that: 112 pixels, each shown twice as wide.
    crop = portrait_crop(ramp(), np.array([120.0, 110.0, 180.0, 190.0]))
    assert crop.shape == (224, 224, 3)
    np.testing.assert_allclose(2.0 * crop[112, [0, 112, 223], 0], [150 - 56, 150, 150 + 56], atol=2)
    np.testing.assert_allclose(2.0 * crop[[0, 112, 223], 112, 1], [150 - 56, 150, 150 + 56], atol=2)


def test_the_portrait_is_black_beyond_the_picture_and_its_side_a_whole_number():
    image = np.full((100, 100, 3), 255, np.uint8)
    crop = portrait_crop(image, np.array([0.0, 0.0, 40.0, 40.0]))
    assert not crop[:20, :20].any()
    assert crop[200, 200].all()
    # 1.6 * 70.1 and 1.6 * 70.5 are both 112 and a bit.
    boxes = [np.array([50.0, 50.0, 50 + side, 50 + side]) for side in (70.1, 70.5)]
    spans = [np.ptp(portrait_crop(ramp(), box)[112, :, 0].astype(float)) for box in boxes]
    assert spans[0] == spans[1]


def test_the_box_goes_around_the_points():
    np.testing.assert_array_equal(points_box(np.array([[3.0, 9.0], [1.0, 7.0], [2.0, 8.0]])), [1, 7, 3, 9])


def test_the_numbers_that_encoders_take():
    aligned, portrait = np.zeros((2, 112, 112, 3), np.uint8), np.zeros((2, 224, 224, 3), np.uint8)
    aligned[0], aligned[1] = (255, 0, 51), (0, 0, 255)
    portrait[0], portrait[1] = (255, 0, 0), (0, 255, 51)
    crops = to_face_crops(aligned, portrait)
    assert len(crops) == 2
    torch.testing.assert_close(crops.aligned[0, :, 5, 5], torch.tensor([1.0, -1.0, -0.6]))
    red = (1 - 0.48145466) / 0.26862954
    torch.testing.assert_close(crops.portrait[0, :, 7, 9], torch.tensor([red, -0.4578275 / 0.26130258, -1.4802197]))


def test_rows_of_a_batch():
    crops = FaceCrops(torch.randn(3, 3, 112, 112), torch.randn(3, 3, 224, 224)).at(slice(1, 3))
    assert len(crops) == 2
    assert crops.to("cpu").portrait.shape == (2, 3, 224, 224)


def test_a_batch_of_tensors_is_cut_as_one_picture_is():
    image = ramp(224, 224)
    five = [turned(ARCFACE_TEMPLATE_112, 1.4, 0.2, (30, 50)), turned(ARCFACE_TEMPLATE_112, 1.2, -0.4, (20, 40))]
    expected = np.stack([arcface_crop(image, points) for points in five])
    pictures = torch.tensor(image, dtype=torch.float32).permute(2, 0, 1).expand(2, 3, 224, 224)
    found = align_faces(pictures, torch.tensor(np.stack(five), dtype=torch.float32), 224).permute(0, 2, 3, 1).numpy()
    # Where the crop leaves the picture the two blend into black a little differently.
    inside = (expected > 2).all(-1)[..., None] & (found > 2)
    assert inside.mean() > 0.8
    np.testing.assert_allclose(found[inside], expected[inside], atol=1)


def test_a_picture_may_have_fewer_pixels_than_the_frame_it_shows():
    along = (torch.arange(224) + 0.5) / 224
    large = along.expand(1, 3, 224, 224)
    small = torch.nn.functional.avg_pool2d(large, 2)
    five = torch.tensor(turned(ARCFACE_TEMPLATE_112, 1.4, 0.2, (30, 50)), dtype=torch.float32)[None]
    crops = [align_faces(pictures, five, 224)[..., 10:-10, 10:-10] for pictures in (large, small)]
    torch.testing.assert_close(crops[0], crops[1], atol=1e-3, rtol=0)


def test_the_gradient_of_a_cut_is_exact():
    pictures = torch.rand(1, 1, 6, 6, dtype=torch.float64).expand(1, 3, 6, 6).clone().requires_grad_()
    five = torch.tensor(ARCFACE_TEMPLATE_112)[None] * 2
    sample = (slice(None), slice(None), slice(None, None, 16), slice(None, None, 16))
    assert torch.autograd.gradcheck(lambda p: align_faces(p, five, 224)[sample], pictures)
