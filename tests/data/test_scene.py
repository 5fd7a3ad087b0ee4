import numpy as np
import pytest
import torch

from manyfaces.core.seeds import numpy_generator
from manyfaces.data.scene import SceneConfig, sample_albedo, sample_background, sample_light, sample_scene


@pytest.mark.parametrize("number", range(6))
def test_faces_lie_on_the_picture(head, prior, number):
    config = SceneConfig()
    scene = sample_scene(head, prior, numpy_generator(0, "scene", number), config)
    projected = scene.camera.project(head.landmarks(scene.vertices(head), "468"))
    assert projected.depth.min() > 0.2
    inside = (projected.points_px > 0) & (projected.points_px < config.size_px)
    assert inside.float().mean() > 0.9


def test_turning_angles_stay_in_their_limits(head, prior):
    config = SceneConfig(yaw_deg=(200.0, 30.0))
    yaws = [sample_scene(head, prior, numpy_generator(1, i), config).angles_deg[0] for i in range(20)]
    assert max(map(abs, yaws)) == 30.0


def test_colours_differ_between_people_and_stay_in_range(head):
    albedos = [sample_albedo(head, numpy_generator(0, "albedo", i)) for i in range(8)]
    assert all(a.min() >= 0 and a.max() <= 1 for a in albedos)
    means = torch.stack([a.mean(0) for a in albedos])
    assert means.std(0).min() > 0.02


def test_light_and_background_are_seeded():
    assert torch.equal(sample_light(numpy_generator(5)), sample_light(numpy_generator(5)))
    backdrop = sample_background(numpy_generator(5), 64)
    assert backdrop.shape == (64, 64, 3)
    assert 0 <= backdrop.min() <= backdrop.max() <= 1
    assert not np.array_equal(backdrop, sample_background(numpy_generator(6), 64))
