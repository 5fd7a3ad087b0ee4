import pytest
import torch

from manyfaces.geometry.mesh import vertex_normals
from manyfaces.pipeline.animation import morph_track, targets


def mixed(track, weights, neutral):
    shapes = torch.stack([torch.from_numpy(target.vertices) for target in track.targets]) - neutral
    return neutral + torch.einsum("tk,kvc->tvc", weights, shapes)


def test_targets_mix_to_the_frames(open_character, open_clip):
    track = morph_track(open_character, *open_clip)
    vertices = open_character.vertices(*open_clip)
    error = (mixed(track, track.weights, open_character.neutral) - vertices).norm(dim=-1).max()
    assert float(error) <= 1e-4 + 1e-6
    assert track.largest_error_m == pytest.approx(float(error), abs=2e-6)
    # Five expressions, and a jaw that turns on an arc.
    assert 5 <= len(track.targets) <= 20
    assert track.weights.abs().max() == pytest.approx(1)
    torch.testing.assert_close(track.weights.amax(0), torch.ones(len(track.targets)))


def test_normals_follow(open_character, open_clip):
    track, faces = morph_track(open_character, *open_clip), open_character.head.faces
    neutral = vertex_normals(open_character.neutral, faces)
    true = vertex_normals(open_character.vertices(*open_clip), faces)
    change = torch.stack([torch.from_numpy(target.normals) for target in track.targets]) - neutral
    ours = neutral + torch.einsum("tk,kvc->tvc", track.weights, change)
    still, moved = (true - neutral).norm(dim=-1).mean(), (true - ours).norm(dim=-1).mean()
    assert moved < 0.1 * still


def test_more_frames_than_samples_stay_within_the_tolerance(open_character, open_clip, monkeypatch):
    # Of four samples none is near frame 17, where the mouth opens for a moment.
    monkeypatch.setattr(targets, "N_SAMPLES", 4)
    expression, jaw = (values.clone() for values in open_clip)
    jaw[17] = torch.tensor([0.35, 0.0, 0.0])
    track = morph_track(open_character, expression, jaw)
    assert track.largest_error_m <= 1e-4
    monkeypatch.setattr(targets, "N_MORE_ROUNDS", 0)
    assert morph_track(open_character, expression, jaw).largest_error_m > 1e-3


def test_no_more_targets_than_allowed_and_the_error_is_told(open_character, open_clip):
    track = morph_track(open_character, *open_clip, most=2)
    error = (mixed(track, track.weights, open_character.neutral) - open_character.vertices(*open_clip)).norm(dim=-1)
    assert len(track.targets) == 2
    assert track.largest_error_m == pytest.approx(float(error.max()), rel=1e-3)
    assert track.largest_error_m > 1e-4


def test_a_still_face_needs_none(open_character):
    track = morph_track(open_character, torch.zeros(3, 50), torch.zeros(3, 3))
    assert track.targets == ()
    assert track.weights.shape == (3, 0)
    assert track.largest_error_m < 1e-6


def test_one_frame(open_character, open_clip):
    track = morph_track(open_character, *(values[20:21] for values in open_clip))
    assert len(track.targets) == 1
    assert track.weights.tolist() == [[pytest.approx(1)]]
    assert track.largest_error_m < 1e-6
