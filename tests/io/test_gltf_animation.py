"""Tracks are checked against the rules of the glTF 2.0 specification, section 3.11, and played by a second reader."""

import io

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from manyfaces.core.errors import InputError
from manyfaces.io.gltf import MorphTarget, glb_bytes
from manyfaces.io.gltf_animation import Animation

TIMES = np.array([0.0, 0.04, 0.1])


@pytest.fixture
def ball():
    sphere = trimesh.creation.icosphere(subdivisions=1, radius=0.1)
    vertices = np.asarray(sphere.vertices, np.float32)
    rng = np.random.default_rng(0)
    targets = [
        MorphTarget(name, vertices + rng.normal(0, 0.01, vertices.shape).astype(np.float32), vertices * 10)
        for name in "ab"
    ]
    return vertices, np.asarray(sphere.faces), targets


def clip(n_targets=2, **changes):
    rng = np.random.default_rng(1)
    values = dict(
        name="clip",
        times_s=TIMES,
        weights=rng.normal(size=(3, n_targets)),
        rotation=Rotation.from_rotvec(rng.normal(size=(3, 3))).as_quat(),
        translation=rng.normal(size=(3, 3)),
    )
    return Animation(**{**values, **changes})


def glb(ball, animation, n_targets=2):
    vertices, faces, targets = ball
    return glb_bytes(vertices, vertices * 10, faces, targets[:n_targets], animation=animation)


def test_keys_play_as_they_were_given(ball, gltf_player):
    vertices, _, targets = ball
    animation = clip()
    player = gltf_player.Player(glb(ball, animation))
    for key in range(3):
        shape = vertices + sum(
            w * (t.vertices - vertices) for w, t in zip(animation.weights[key], targets, strict=True)
        )
        turn = Rotation.from_quat(animation.rotation[key]).as_matrix()
        np.testing.assert_allclose(player.world(key), shape @ turn.T + animation.translation[key], atol=1e-6)


def test_tracks_are_what_the_format_asks_for(ball, gltf_player):
    player = gltf_player.Player(glb(ball, clip()))
    document, animation = player.document, player.clip
    assert [channel.target.path for channel in animation.channels] == ["rotation", "translation", "weights"]
    assert {channel.target.node for channel in animation.channels} == {0}
    for sampler in animation.samplers:
        assert sampler.interpolation == "LINEAR"
        time, values = document.accessors[sampler.input], document.accessors[sampler.output]
        assert (time.type, time.componentType, time.count) == ("SCALAR", 5126, 3)
        np.testing.assert_array_equal(np.float32([*time.min, *time.max]), np.float32([0.0, 0.1]))
        assert values.componentType == 5126
        # Tracks are nothing that a graphics card takes: their views name no target.
        assert document.bufferViews[time.bufferView].target is None
        assert document.bufferViews[values.bufferView].target is None
    kinds = [document.accessors[sampler.output] for sampler in animation.samplers]
    assert [(kind.type, kind.count) for kind in kinds] == [("VEC4", 3), ("VEC3", 3), ("SCALAR", 6)]


def test_without_targets_only_the_mesh_moves(ball, gltf_player):
    player = gltf_player.Player(glb(ball, clip(0, rotation=None), 0))
    assert [channel.target.path for channel in player.clip.channels] == ["translation"]


def test_an_independent_reader_opens_it(ball):
    scene = trimesh.load(io.BytesIO(glb(ball, clip())), file_type="glb")
    (mesh,) = scene.geometry.values()
    np.testing.assert_allclose(mesh.vertices, ball[0], atol=1e-7)


@pytest.mark.parametrize("times", [[], [0.0, 0.0, 0.1], [-0.1, 0.0, 0.1], [0.2, 0.1, 0.3], [1e6, 1e6 + 1e-3, 2e6]])
def test_times_that_no_player_takes_are_refused(times):
    # The last ones ascend, but not as the 32-bit floats that are stored.
    n = len(times)
    with pytest.raises(InputError, match="do not ascend"):
        Animation("clip", np.array(times, float), np.zeros((n, 1)))


def test_what_does_not_fit_is_refused(ball):
    with pytest.raises(InputError, match="unit quaternions"):
        clip(rotation=np.full((3, 4), 0.6))
    with pytest.raises(InputError, match="1 weights are animated, the mesh has 2"):
        glb(ball, clip(1))
