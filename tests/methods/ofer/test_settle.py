import pytest
import torch

from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera
from manyfaces.methods.ofer.settle import settle


@pytest.fixture
def scene():
    g = torch.Generator().manual_seed(0)
    points, basis = torch.randn(2, 30, 3, generator=g) * 0.05, torch.randn(4, 30, 3, generator=g) * 0.002
    camera = OrthographicCamera(torch.tensor([900.0, 700.0]), HEAD_TO_CAMERA.expand(2, 3, 3), torch.zeros(2, 2))
    true_change = torch.tensor([[0.5, -0.3, 0.2, 0.0], [-0.2, 0.1, 0.4, 0.6]])
    moved = points + torch.einsum("mk,kny->mny", true_change, basis)
    return points, basis, camera, camera.project(moved).points_px, true_change


def test_sure_points_give_the_change_back(scene):
    points, basis, camera, targets, change = scene
    found = settle(points, basis, torch.ones(4), camera, targets, torch.full((2, 30), 1e4))
    torch.testing.assert_close(found, change, atol=1e-3, rtol=0)


def test_held_coefficients_stay(scene):
    points, basis, camera, targets, _ = scene
    found = settle(points, basis, torch.tensor([1.0, 0.0, 1.0, 1.0]), camera, targets, torch.ones(2, 30))
    assert (found[:, 1] == 0).all()
    assert (found[:, 0] != 0).all()


def test_nothing_seen_changes_nothing(scene):
    points, basis, camera, targets, _ = scene
    assert settle(points, basis, torch.ones(4), camera, targets, torch.zeros(2, 30)).abs().max() == 0


def test_it_is_the_minimum(scene):
    points, basis, camera, targets, _ = scene
    deviation, weights = (
        torch.tensor([0.5, 1.0, 2.0, 0.1]),
        torch.rand(2, 30, generator=torch.Generator().manual_seed(1)),
    )

    def cost(change):
        moved = points + torch.einsum("mk,kny->mny", change, basis)
        missed = (camera.project(moved).points_px - targets).square().sum(-1)
        return (weights * missed).sum() + (change / deviation).square().sum()

    found = settle(points, basis, deviation, camera, targets, weights).requires_grad_()
    cost(found).backward()
    assert found.grad is not None
    assert found.grad.abs().max() < 1e-2
