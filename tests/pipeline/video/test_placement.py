import torch

from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera, matrix_from_euler
from manyfaces.pipeline.video.placement import Placement

ANCHOR = torch.tensor([0.01, 0.02, 0.08])
TURN = HEAD_TO_CAMERA @ matrix_from_euler(torch.tensor(0.3), torch.tensor(-0.2), torch.tensor(0.1))
PERSPECTIVE = PerspectiveCamera(
    torch.tensor([900.0]), torch.tensor([[300.0, 200.0]]), TURN[None], torch.tensor([[0.03, -0.02, 1.1]])
)
ORTHOGRAPHIC = OrthographicCamera(torch.tensor([700.0]), TURN[None], torch.tensor([[120.0, 80.0]]))
POINTS = 0.1 * torch.randn(20, 3, generator=torch.Generator().manual_seed(0))


def test_both_kinds_of_camera_come_back_as_they_were():
    for camera in (PERSPECTIVE, ORTHOGRAPHIC):
        back = Placement.of(camera, ANCHOR).camera(camera, ANCHOR)
        torch.testing.assert_close(back.project(POINTS).points_px, camera.project(POINTS).points_px, atol=1e-3, rtol=0)


def test_the_numbers_are_what_they_are_called():
    placed = Placement.of(PERSPECTIVE, ANCHOR)
    torch.testing.assert_close(placed.anchor_px, PERSPECTIVE.project(ANCHOR[None]).points_px[:, 0])
    depth = PERSPECTIVE.project(ANCHOR[None]).depth[:, 0]
    torch.testing.assert_close(placed.log_depth.exp(), depth)
    torch.testing.assert_close(placed.log_scale.exp(), 900 / depth)
    assert Placement.of(ORTHOGRAPHIC, ANCHOR).log_depth.tolist() == [0.0]


def test_a_trembling_crop_does_not_matter():
    # The same face found in a crop that is 0.4 px further: its centre and the translation go against each other.
    moved = PerspectiveCamera(
        PERSPECTIVE.focal_px,
        PERSPECTIVE.centre_px + 0.4,
        PERSPECTIVE.rotation,
        PERSPECTIVE.translation - torch.tensor([0.4, 0.4, 0.0]) * 1.1 / 900,
    )
    ahead = Placement.of(moved, ANCHOR).anchor_px - Placement.of(PERSPECTIVE, ANCHOR).anchor_px
    assert ahead.abs().max() < 0.05
