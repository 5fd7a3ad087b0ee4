"""Smoothing on noise whose size is known: how still a still face is, and how late a moving one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from manyfaces.geometry import OrthographicCamera
from manyfaces.heads import HeadModel
from manyfaces.pipeline.video.steady import Steadier


@pytest.fixture(scope="module")
def still(synthetic):
    return synthetic.ball_reconstruction(1, perspective=False, head=HeadModel(synthetic.ball_head()))


def moved(result, by_px, rng, noise=1.0):
    at = torch.tensor(rng.normal(0, noise, (1, 2)) + by_px, dtype=torch.float32)
    cameras = OrthographicCamera(result.cameras.scale_px, result.cameras.rotation, result.cameras.translation_px + at)
    expressions = result.expressions + torch.tensor(rng.normal(0, 0.1 * noise, (1, 3)), dtype=torch.float32)
    points = result.points_px + rng.normal(0, noise, (468, 2)).astype(np.float32) + np.float32(by_px)
    return replace(result, cameras=cameras, expressions=expressions, points_px=points)


def run(result, path, rng, times=None, noise=1.0):
    steadier = Steadier()
    times = [k / 30 for k in range(len(path))] if times is None else times
    return [steadier.step(moved(result, by, rng, noise), time_s) for by, time_s in zip(path, times, strict=True)]


def x_of(results):
    return np.array([r.cameras.translation_px[0, 0].item() for r in results])


def test_a_still_face_is_three_times_stiller(still):
    rng = np.random.default_rng(0)
    results = run(still, np.zeros((90, 1)), rng)[30:]
    points = np.stack([r.points_px for r in results]) - still.points_px
    assert points.std() < 0.36
    expressions = torch.stack([r.expressions for r in results]) - still.expressions
    assert expressions.std() < 0.045
    assert x_of(results).std() < 0.5


def test_jitter_of_real_trackers_stays_below_a_third_of_a_pixel(still):
    # What points tremble by on a still video with the noise of a sensor: docs/video.md.
    results = run(still, np.zeros((70, 1)), np.random.default_rng(1), noise=0.15)[30:]
    assert (np.stack([r.points_px for r in results]) - still.points_px).std() < 0.06


def test_a_step_is_followed_within_a_frame_and_even_motion_without_lag(still):
    rng = np.random.default_rng(2)
    step = np.where(np.arange(43) < 40, 0.0, 20.0)[:, None]
    at = np.stack([r.points_px - still.points_px for r in run(still, step, rng)]).mean((1, 2))
    assert at[41] > 10
    even = np.maximum(np.arange(70) - 20, 0)[:, None] * 3.0
    behind = even[:, 0] - np.stack([r.points_px - still.points_px for r in run(still, even, rng)]).mean((1, 2))
    assert abs(behind[45:].mean()) < 0.3  # of 3 px a frame: a tenth of a frame


def test_uneven_times_are_even_motion(still):
    rng = np.random.default_rng(3)
    times = np.cumsum(np.tile([1, 2, 3], 25)) / 60
    path = 100 * times[:, None]
    behind = path[:, 0] - np.stack([r.points_px - still.points_px for r in run(still, path, rng, times)]).mean((1, 2))
    assert abs(behind[40:]).mean() < 0.4


def test_after_a_gap_it_begins_anew(still):
    rng = np.random.default_rng(4)
    times = [*(k / 30 for k in range(40)), 5.0]
    path = np.array([*np.zeros(40), 300.0])[:, None]
    last = run(still, path, rng, times, noise=0.01)[-1]
    assert np.abs(last.points_px - still.points_px - 300).max() < 0.1


def test_what_does_not_change_is_left_alone(still):
    [first, *_] = run(still, np.zeros((3, 1)), np.random.default_rng(5))
    assert first.identities is still.identities
    assert first.photo is still.photo
    assert first.appearance is None
