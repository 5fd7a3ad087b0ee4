import pytest
import torch

from manyfaces.geometry import (
    HEAD_TO_CAMERA,
    ORTHOGRAPHIC_PLANE_M,
    OrthographicCamera,
    PerspectiveCamera,
    frame_points,
    matrix_from_euler,
    orthographic_from_affine,
)

POINTS = torch.tensor([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.02, -0.03, 0.1]])


def perspective():
    return PerspectiveCamera(
        torch.tensor(500.0), torch.tensor([127.5, 100.0]), HEAD_TO_CAMERA, torch.tensor([0.0, 0.0, 1.0])
    )


def orthographic():
    return OrthographicCamera(torch.tensor(500.0), HEAD_TO_CAMERA, torch.tensor([127.5, 100.0]))


def test_perspective_by_hand():
    seen = perspective().project(POINTS)
    # The subject's left is on the picture's right, up is towards smaller y; the nose tip is nearer than the origin.
    expected = torch.tensor([[127.5, 100.0], [177.5, 100.0], [127.5, 50.0], [127.5 + 10 / 0.9, 100.0 + 15 / 0.9]])
    torch.testing.assert_close(seen.points_px, expected)
    torch.testing.assert_close(seen.depth, torch.tensor([1.0, 1.0, 1.0, 0.9]))
    homogeneous = (POINTS @ HEAD_TO_CAMERA.T + torch.tensor([0.0, 0.0, 1.0])) @ perspective().intrinsics.T
    torch.testing.assert_close(homogeneous[:, :2] / homogeneous[:, 2:], seen.points_px)


def test_orthographic_by_hand():
    seen = orthographic().project(POINTS)
    torch.testing.assert_close(seen.points_px[3], torch.tensor([137.5, 115.0]))
    torch.testing.assert_close(seen.depth, ORTHOGRAPHIC_PLANE_M - POINTS[:, 2])
    assert seen.with_depth.shape == (4, 3)


@pytest.mark.parametrize("camera", [perspective(), orthographic()])
def test_scaled_maps_picture_corner_to_picture_corner(camera):
    small, large = camera.project(POINTS), camera.scaled(3.0).project(POINTS)
    torch.testing.assert_close((small.points_px + 0.5) * 3, large.points_px + 0.5)
    torch.testing.assert_close(small.depth, large.depth)
    moved = camera.shifted((-10.0, 4.0)).project(POINTS)
    torch.testing.assert_close(moved.points_px - small.points_px, torch.tensor([[-10.0, 4.0]]).expand(4, 2))


def test_batches_broadcast():
    cameras = OrthographicCamera(torch.ones(5), HEAD_TO_CAMERA.expand(5, 3, 3), torch.zeros(5, 2))
    assert cameras.project(POINTS).points_px.shape == (5, 4, 2)
    assert orthographic().project(POINTS.expand(2, 3, 4, 3)).depth.shape == (2, 3, 4)


def test_frame_shows_every_point():
    turn = matrix_from_euler(torch.tensor(0.5), torch.tensor(0.2), torch.tensor(-0.1))
    seen = frame_points(POINTS, (120, 200), turn, margin=1.0).project(POINTS).points_px
    low, high = seen.amin(0), seen.amax(0)
    torch.testing.assert_close(low + high, torch.tensor([199.0, 119.0]), atol=1e-3, rtol=0)
    assert torch.isclose((high - low) / torch.tensor([200.0, 120.0]), torch.ones(2)).any()


def test_affine_of_a_camera_gives_it_back():
    turn = matrix_from_euler(torch.tensor(0.5), torch.tensor(0.2), torch.tensor(-0.1))
    camera = OrthographicCamera(torch.tensor(800.0), HEAD_TO_CAMERA @ turn, torch.tensor([30.0, 40.0]))
    affine = torch.cat([camera.scale_px * camera.rotation[:2], camera.translation_px[:, None]], 1)
    found = orthographic_from_affine(affine)
    torch.testing.assert_close(found.rotation, camera.rotation)
    torch.testing.assert_close(found.scale_px, camera.scale_px)


@pytest.mark.parametrize("kind", ["perspective", "orthographic"])
def test_a_camera_about_an_origin_sees_points_as_counted_from_there(kind):
    rotation = matrix_from_euler(torch.tensor([0.4]), torch.tensor([-0.2]), torch.tensor([0.1]))
    if kind == "perspective":
        camera = PerspectiveCamera(
            torch.tensor([900.0]), torch.tensor([[100.0, 90.0]]), rotation, torch.tensor([[0.02, -0.01, 0.8]])
        )
    else:
        camera = OrthographicCamera(torch.tensor([1200.0]), rotation, torch.tensor([[100.0, 90.0]]))
    points, origin = torch.randn(1, 5, 3) * 0.1, torch.tensor([0.01, 0.03, -0.05])
    expected = camera.project(points - origin).points_px
    torch.testing.assert_close(camera.about(origin).project(points).points_px, expected)
