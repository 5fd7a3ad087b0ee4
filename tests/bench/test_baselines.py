import numpy as np
import pytest
import torch

from manyfaces.bench.baselines import HeadPrior, fit_mean_heads, head_jitter_px, jittered, mean_head_on_box
from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera, matrix_from_euler

A68 = POINTS_68_FROM_468.astype(float)


def solid_prior() -> HeadPrior:
    generator = np.random.default_rng(0)
    mean = generator.normal(0, 0.05, (468, 3))
    return HeadPrior(mean, mean + generator.normal(0, 0.003, (200, 468, 3)))


def posed(prior: HeadPrior) -> tuple[OrthographicCamera, np.ndarray]:
    turn = matrix_from_euler(*(torch.tensor(a, dtype=torch.float64) for a in (0.4, -0.2, 0.1)))
    rotation = (HEAD_TO_CAMERA.double() @ turn)[None]
    camera = OrthographicCamera(torch.tensor([900.0]).double(), rotation, torch.tensor([[80.0, 60.0]]).double())
    return camera, camera.project(torch.from_numpy(prior.mean)[None]).points_px[0].numpy()


def test_the_pose_of_the_mean_head_is_found_by_the_visible_points() -> None:
    prior = solid_prior()
    camera, points_px = posed(prior)
    visible = np.arange(468) % 3 > 0
    broken = np.where(visible[:, None], points_px, 1e4)
    [fit] = fit_mean_heads(prior, broken[None], visible[None])
    assert fit.points_68_px == pytest.approx(A68 @ points_px, abs=1e-2)
    linear = (camera.scale_px[:, None, None] * camera.rotation[:, :2])[0].numpy()
    assert fit.picture_from_head == pytest.approx(linear, abs=1)


def test_with_hardly_any_visible_point_all_count() -> None:
    prior = solid_prior()
    _, points_px = posed(prior)
    [fit] = fit_mean_heads(prior, points_px[None], np.zeros((1, 468), bool))
    assert fit.points_68_px == pytest.approx(A68 @ points_px, abs=1e-2)


def test_jitter_touches_hidden_points_only_and_scales() -> None:
    hidden = np.arange(68) >= 48
    jitter = np.ones((15, 68, 2))
    moved = jittered(np.zeros((68, 2)), hidden, jitter, 2.0)
    assert not moved[:, ~hidden].any()
    assert (moved[:, hidden] == 2).all()


def test_jitter_has_the_covariance_of_the_prior_under_the_camera() -> None:
    prior = solid_prior()
    _, points_px = posed(prior)
    [fit] = fit_mean_heads(prior, points_px[None], np.ones((1, 468), bool))
    jitter = head_jitter_px(prior, fit, 200, np.random.default_rng(0))
    assert jitter.mean(0) == pytest.approx(np.zeros((68, 2)), abs=1e-9)
    # Points that are single dense points deviate by 3 mm along each axis: 2.7 px at 900 px per metre.
    single = (A68 == 1).any(1)
    assert jitter[:, single].std() == pytest.approx(2.7, rel=0.02)


def test_the_mean_head_on_a_box_is_upright_and_fills_it(prior: HeadPrior) -> None:
    points = mean_head_on_box(prior, np.array([10.0, 20.0, 110.0, 120.0]))
    assert points.min(0) == pytest.approx([10, 20])
    assert points.max(0) == pytest.approx([110, 120])
    assert points[45, 0] > points[36, 0]
    assert points[45, 1] == pytest.approx(points[36, 1])
