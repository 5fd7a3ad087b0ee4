import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from manyfaces.core.errors import InputError
from manyfaces.detect.rnet_alignment import FIVE_IN_SPACE, RNetCrop, rnet_affine, rnet_crop, rnet_five
from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera, matrix_from_euler

ANGLE = st.floats(-1.2, 1.2)
PLACE = st.floats(-500, 2000)


def seen(scale: float, angles: tuple[float, float, float], place: tuple[float, float]) -> np.ndarray:
    """The mean face's five points through a scaled-orthographic camera, y down."""
    turn = matrix_from_euler(*(torch.tensor(angle, dtype=torch.float64) for angle in angles))
    camera = OrthographicCamera(
        torch.tensor(scale, dtype=torch.float64),
        HEAD_TO_CAMERA.double() @ turn,
        torch.tensor(place, dtype=torch.float64),
    )
    return camera.project(torch.tensor(FIVE_IN_SPACE)).points_px.numpy()


@given(st.floats(5, 2000), st.tuples(ANGLE, ANGLE, ANGLE), st.tuples(PLACE, PLACE))
def test_a_known_pose_comes_back(scale, angles, place) -> None:
    matrix = rnet_affine(torch.tensor(seen(scale, angles, place))).numpy()
    np.testing.assert_allclose(matrix[:, :2], 102 / scale * np.eye(2), rtol=1e-9)
    # The origin of the mean face: column 112, and row 112 counted from below.
    np.testing.assert_allclose(matrix[:, :2] @ place + matrix[:, 2], (112, 223 - 112), atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(40, 3000))
def test_equal_to_the_published_system_of_equations(seed: int, height: int) -> None:
    # Eight unknowns from ten equations, y measured up from the last row; any five points, so that residuals stay.
    five = seen(150, (0.3, -0.2, 0.1), (200, 300)) + np.random.default_rng(seed).normal(0, 15, (5, 2))
    system, wanted = np.zeros((10, 8)), np.zeros(10)
    for k, ((x, y), point) in enumerate(zip(five, FIVE_IN_SPACE, strict=True)):
        system[2 * k, :4] = system[2 * k + 1, 4:] = (*point, 1)
        wanted[2 * k : 2 * k + 2] = x, height - 1 - y
    solved = np.linalg.lstsq(system, wanted, rcond=None)[0]
    scale = 102 / ((np.linalg.norm(solved[:3]) + np.linalg.norm(solved[4:7])) / 2)
    up = height - 1 - five[:, 1]
    published = np.stack([(five[:, 0] - solved[3]) * scale + 112, 223 - ((up - solved[7]) * scale + 112)], 1)
    matrix = rnet_affine(torch.tensor(five)).numpy()
    np.testing.assert_allclose(five * matrix[0, 0] + matrix[:, 2], published, atol=1e-9)


def test_a_batch_is_its_items() -> None:
    five = np.stack([seen(100 + 10 * k, (0.1 * k, -0.2, 0.05), (40.0 * k, 90)) for k in range(6)])
    image = np.zeros((64, 64, 3), np.uint8)
    alone = np.stack([rnet_crop(image, one, 112).crop_from_photo for one in five])
    batch = rnet_affine(torch.tensor(five, dtype=torch.float32).unflatten(0, (2, 3)), 112)
    assert batch.dtype == torch.float32
    np.testing.assert_allclose(batch.flatten(0, 1).numpy(), alone, rtol=1e-4, atol=1e-3)
    points = torch.tensor(five, requires_grad=True)
    assert torch.autograd.gradcheck(rnet_affine, points)


def test_five_of_68() -> None:
    points = np.stack([np.arange(68.0), 100 + np.arange(68.0)], 1)
    np.testing.assert_array_equal(rnet_five(points)[:, 0], [37.5, 43.5, 30, 48, 54])


@pytest.fixture
def smooth() -> np.ndarray:
    """A photo whose colours say where they are: red is x, green is y."""
    y, x = np.mgrid[:300, :400]
    return np.stack([x / 2, y / 2, np.full_like(x, 255)], -1).astype(np.uint8)


@pytest.mark.parametrize("scale", [40.0, 102.0, 260.0])
@pytest.mark.parametrize("size", [224, 112])
def test_pixels_move_as_points_do(smooth: np.ndarray, scale: float, size: int) -> None:
    crop = rnet_crop(smooth, seen(scale, (0.2, 0.1, -0.3), (150.25, 140.5)), size)
    inside = crop.image[..., 2] == 255
    rows, columns = np.nonzero(inside)
    places = crop.to_photo(np.stack([columns, rows], 1).astype(float))
    found = crop.image[rows, columns, :2] * 2.0
    deep = ((places > 5) & (places < [394, 294])).all(1)
    assert deep.sum() > 1000
    assert np.abs(found - places - 0.5)[deep].max() < 2.1  # colours are whole numbers, of two pixels each
    assert abs((found - places)[deep].mean() + 0.5) < 0.15  # // 2 takes half a pixel off on average
    # Black is what lies outside, all of it.
    everywhere = crop.to_photo(np.stack(np.meshgrid(range(size), range(size)), -1).astype(float))
    half = 0.5 / crop.scale
    whole = ((everywhere >= half - 0.5) & (everywhere <= np.array([399.5, 299.5]) - half)).all(-1)
    np.testing.assert_array_equal(inside, whole)


def test_half_the_size_shows_the_same(smooth: np.ndarray) -> None:
    five = seen(120, (0.2, 0.1, -0.3), (180, 150))
    large, small = rnet_crop(smooth, five), rnet_crop(smooth, five, 112)
    np.testing.assert_allclose((large.to_crop(five) + 0.5) / 2 - 0.5, small.to_crop(five), atol=1e-9)
    halved = large.image.reshape(112, 2, 112, 2, 3).mean((1, 3))
    inside = (large.image[..., 2] == 255).reshape(112, 2, 112, 2).all((1, 3)) & (small.image[..., 2] == 255)
    inside[[0, -1]] = inside[:, [0, -1]] = False
    assert np.abs(halved - small.image)[inside].max() < 2


@given(st.floats(0.05, 20), st.tuples(PLACE, PLACE))
def test_cameras_and_points_go_there_and_back(scale, shift) -> None:
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    crop = RNetCrop(np.zeros((224, 224, 3), np.uint8), matrix)
    camera = PerspectiveCamera(
        torch.tensor(1015.0, dtype=torch.float64),
        torch.tensor([112.0, 111.0], dtype=torch.float64),
        HEAD_TO_CAMERA.double(),
        torch.tensor([0.01, -0.02, 1.0], dtype=torch.float64),
    )
    points = torch.tensor(FIVE_IN_SPACE) * 0.1
    on_crop = camera.project(points).points_px.numpy()
    on_photo = crop.camera_to_photo(camera).project(points).points_px.numpy()
    np.testing.assert_allclose(on_photo, crop.to_photo(on_crop), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(crop.to_crop(on_photo), on_crop, rtol=1e-6, atol=1e-6)
    back = crop.camera_to_crop(crop.camera_to_photo(camera))
    torch.testing.assert_close(back.centre_px, camera.centre_px, rtol=1e-9, atol=1e-6)
    torch.testing.assert_close(back.focal_px, camera.focal_px)


def test_a_face_outside_the_photo_is_black(smooth: np.ndarray) -> None:
    assert not rnet_crop(smooth, seen(100, (0, 0, 0), (5000, 150))).image.any()


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_points_of_no_face(smooth: np.ndarray, value: float) -> None:
    with pytest.raises(InputError, match="five points"):
        rnet_crop(smooth, np.full((5, 2), value))
