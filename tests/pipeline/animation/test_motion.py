import pytest
import torch

from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.pipeline.animation.motion import Motion, MotionRecorder, focal_px


def test_what_a_perspective_camera_tells(ball, tracked):
    seen = tracked(ball, 3, [1.0, 2.0, 3.0], (0.1, 0.0, 0.0), (0.0, 0.3, 0.0), (0.02, -0.01, 0.8))
    motion = Motion.of(seen.reconstruction, 3, 0.12)
    assert (motion.number, motion.time_s) == (3, 0.12)
    torch.testing.assert_close(motion.expression, torch.tensor([1.0, 2.0, 3.0]))
    torch.testing.assert_close(motion.translation, torch.tensor([0.02, -0.01, 0.8]))


def test_the_camera_of_a_crop_is_taken_for_the_camera_of_the_clip(ball, tracked):
    # Of half the focal length and at half the distance a head looks as large and lies where it did.
    near = tracked(ball, 0, place=(0.02, -0.01, 0.4), focal_px=150.0).reconstruction
    assert focal_px(near) == 150
    place = Motion.of(near, 0, 0.0, 300.0).translation
    torch.testing.assert_close(place, torch.tensor([0.02, -0.01, 0.8]))


def test_orthographic_cameras_know_no_depth(ball, tracked):
    seen = tracked(ball, 0, place=(0.05, 0.02, 0.8), orthographic=True).reconstruction
    assert focal_px(seen) is None
    torch.testing.assert_close(Motion.of(seen, 0, 0.0).translation, torch.tensor([0.05, 0.02, 0.0]))


def test_a_track_starts_at_the_origin_and_moves_as_the_head_does(ball, tracked):
    turns = ((0.1, 0.4, 0.0), (0.3, -0.2, 0.1), (0.0, 0.0, 0.5))
    places = ((0.0, 0.01, 0.8), (0.05, 0.0, 0.7), (-0.03, 0.02, 0.9))
    recorder = MotionRecorder()
    for k, (turn, place) in enumerate(zip(turns, places, strict=True)):
        recorder.add(Motion.of(tracked(ball, 5 + k, turn=turn, place=place).reconstruction, 5 + k, k / 3))
    track = recorder.track()
    assert len(track) == len(recorder) == 3
    assert track.numbers.tolist() == [5, 6, 7]
    assert track.times_s.tolist() == pytest.approx([0, 1 / 3, 2 / 3], abs=1e-15)
    torch.testing.assert_close(track.rotation_from_first[0], torch.eye(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(track.translation_from_first[0], torch.zeros(3))
    # From the head to the camera is from the head to the first frame's head, and from there to the camera.
    point = torch.tensor([0.03, -0.02, 0.1])
    in_first = track.rotation_from_first @ point + track.translation_from_first
    through_first = in_first @ track.rotation[0].T + track.translation[0]
    torch.testing.assert_close(through_first, track.rotation @ point + track.translation)
    first, second = (matrix_from_axis_angle(torch.tensor(turn)) for turn in turns[:2])
    torch.testing.assert_close(track.rotation_from_first[1], first.T @ second)


def test_about_a_resting_face(ball, tracked):
    rest = Motion.of(tracked(ball, 0, [1.0, 0.0, 0.0], (0.1, 0.0, 0.0)).reconstruction, 0, 0.0)
    motion = Motion.of(tracked(ball, 1, [1.5, 1.0, 0.0], (0.3, 0.0, 0.0)).reconstruction, 1, 0.1).about(rest)
    torch.testing.assert_close(motion.expression, torch.tensor([0.5, 1.0, 0.0]))
    torch.testing.assert_close(motion.jaw, torch.tensor([0.2, 0.0, 0.0]))
