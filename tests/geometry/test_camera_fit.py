import pytest
import torch

from manyfaces.geometry import OrthographicCamera
from manyfaces.geometry.camera import HEAD_TO_CAMERA
from manyfaces.geometry.camera_fit import fit_orthographic
from manyfaces.geometry.rotation import matrix_from_euler


def _scene(yaw, pitch, roll, seed=0):
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(1, 60, 3, generator=generator) * torch.tensor([0.05, 0.07, 0.03])
    rotation = HEAD_TO_CAMERA @ matrix_from_euler(*(torch.tensor(a) for a in (yaw, pitch, roll)))
    return points, OrthographicCamera(torch.tensor([900.0]), rotation[None], torch.tensor([[120.0, 90.0]]))


@pytest.mark.parametrize("yaw", [-1.0, -0.3, 0.0, 0.6, 1.0])
@pytest.mark.parametrize("roll", [-2.0, 0.0, 0.5])
def test_exact_points_give_the_camera_back(yaw, roll):
    points, camera = _scene(yaw, 0.2, roll)
    fit = fit_orthographic(points, camera.project(points).points_px, torch.ones(1, 60), n_steps=25)
    assert fit.residual_px.item() < 1e-2
    torch.testing.assert_close(fit.camera.rotation, camera.rotation, atol=1e-3, rtol=0)
    torch.testing.assert_close(fit.camera.scale_px, camera.scale_px, rtol=1e-3, atol=0)
    torch.testing.assert_close(fit.camera.translation_px, camera.translation_px, atol=0.05, rtol=0)


def test_points_of_weight_zero_do_not_count():
    points, camera = _scene(0.3, 0.0, 0.1)
    points_px = camera.project(points).points_px.clone()
    points_px[:, 40:] += 500
    weights = torch.ones(1, 60)
    weights[:, 40:] = 0
    fit = fit_orthographic(points, points_px, weights, n_steps=25)
    torch.testing.assert_close(fit.camera.rotation, camera.rotation, atol=1e-3, rtol=0)


def test_a_batch_equals_its_items():
    scenes = [_scene(0.1 * k, -0.1, 0.2 * k, seed=k) for k in range(3)]
    points = torch.cat([s[0] for s in scenes])
    points_px = torch.cat([s[1].project(s[0]).points_px for s in scenes])
    points_px += torch.randn(points_px.shape, generator=torch.Generator().manual_seed(9))
    weights = torch.ones(3, 60)
    together = fit_orthographic(points, points_px, weights)
    for k in range(3):
        alone = fit_orthographic(points[k : k + 1], points_px[k : k + 1], weights[k : k + 1])
        torch.testing.assert_close(together.camera.rotation[k : k + 1], alone.camera.rotation, atol=1e-4, rtol=0)
