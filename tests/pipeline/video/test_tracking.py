"""From frames to results: one identity, one hypothesis, times kept, and memory that does not grow."""

import weakref
from dataclasses import replace

import numpy as np
import pytest

from manyfaces.core.errors import ChoiceError, InputError, NoFaceError
from manyfaces.io.frames import Frame, FrameStream
from manyfaces.pipeline.video import LostFrame, TrackedFrame, TrackOptions, find_person, track
from manyfaces.pipeline.video.person import N_STRETCHES, Gatherer

QUICK = TrackOptions(occlusion="none")


def stream(frames, expected=None):
    return FrameStream("clip", 25.0, expected, (frame for frame in frames))


def identity(tracked):
    assert isinstance(tracked, TrackedFrame)
    return tracked.reconstruction.best.identity[0].item()


def clip(picture, n, shade=lambda k: 200):
    return (picture(k, (40 + 0.1 * k, 50, 12, shade(k))) for k in range(n))


def test_every_frame_has_one_result_with_the_clips_identity(discs, picture):
    shades = [100, 100, 104, 100, 240, 100]
    frames = list(clip(picture, 6, shades.__getitem__))
    frames.insert(3, Frame(30, 0.13, np.zeros((96, 96, 3), np.uint8)))
    frames = [replace(frame, number=k, time_s=k / 25) for k, frame in enumerate(frames)]
    person = find_person(stream(frames), discs, QUICK)
    assert person.frames == (0, 1, 2, 4, 5, 6)
    results = list(track(stream(frames), discs, replace(QUICK, person=person.identity)))
    assert [type(one) for one in results] == [*3 * [TrackedFrame], LostFrame, *3 * [TrackedFrame]]
    found = [one for one in results if isinstance(one, TrackedFrame)]
    assert {identity(one) for one in found} == {np.float32(np.mean(shades)).item()}
    assert all(len(one.reconstruction) == 1 for one in found)
    assert [one.frame for one in found] == [frame for frame in frames if frame.number != 3]
    middles = [one.reconstruction.cameras.translation_px[0].tolist() for one in found]
    np.testing.assert_allclose(middles, [one.face.view.points_px.mean(0) for one in found], atol=1.0)


def test_smoothing_can_be_left_out(discs, picture):
    results = track(clip(picture, 5), discs, replace(QUICK, smooth=False))
    assert all(np.array_equal(one.reconstruction.points_px, one.face.view.points_px) for one in results)


def test_without_a_first_pass_the_person_is_found_on_the_way(discs, picture):
    shades = [100, 120, 200, 200, 200, 200, 200, 200, 200]
    found = [identity(one) for one in track(clip(picture, 9, shades.__getitem__), discs, QUICK)]
    # The 1st, 2nd, 4th and 8th frame are asked.
    assert found == [100, 110, 110, 140, 140, 140, 140, 155, 155]


def test_the_sharpest_of_each_stretch_are_asked(discs, picture):
    frame = picture(0, (40, 50, 12))
    [one] = track([frame], discs, QUICK)
    discs.method.told.clear()
    sharp = [0.1 if k % 3 else 1.0 for k in range(320)]
    gatherer = Gatherer(discs.method, discs.options(), expected=320)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("manyfaces.pipeline.video.person.sharpness", lambda image, crop: sharp[number])
        for number in range(320):
            gatherer.add(replace(frame, number=number, time_s=number / 25), one.face)
        person = gatherer.person()
    assert len(person.frames) == len(discs.method.told) == N_STRETCHES
    assert all(number % 3 == 0 for number in person.frames)
    assert np.diff(person.frames).max() <= 40


def test_the_blurred_are_set_aside(discs, picture):
    frame = picture(0, (40, 50, 12))
    [one] = track([frame], discs, QUICK)
    gatherer = Gatherer(discs.method, discs.options())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("manyfaces.pipeline.video.person.sharpness", lambda image, crop: 0.1 if number == 2 else 1.0)
        for number in range(5):
            gatherer.add(replace(frame, number=number, time_s=number / 25), one.face)
        person = gatherer.person()
    assert person.frames == (0, 1, 3, 4)
    assert [frame.reason for frame in person.set_aside] == ["blurred"]


def test_of_unknown_length_few_are_asked_and_they_are_spread(discs, picture):
    person = find_person(stream(clip(picture, 100)), discs, QUICK)
    assert N_STRETCHES / 2 <= len(person.frames) <= N_STRETCHES
    assert person.frames[0] < 16
    assert person.frames[-1] > 80
    assert len(discs.method.told) < 60


def test_a_clip_of_nobody_is_one_clear_error(discs, picture):
    with pytest.raises(NoFaceError, match="clip: no face was found on any of 4 frames"):
        find_person(stream(picture(k) for k in range(4)), discs, QUICK)
    assert [one.reason for one in track((picture(k) for k in range(2)), discs, QUICK)] == 2 * ["no face was found"]


def test_options_that_cannot_be_meant(discs):
    with pytest.raises(ChoiceError, match="occlusion of a video"):
        TrackOptions(occlusion="mask.png")
    with pytest.raises(InputError, match="face is -1"):
        TrackOptions(face=-1)
    with pytest.raises(InputError, match="discs takes no sampler"):
        next(track(iter([]), discs, TrackOptions(model_options={"sampler": "fast"})))


@pytest.mark.parametrize("person", [200.0, None])
def test_no_frame_is_kept(discs, picture, person):
    one, made = picture(0, (40, 50, 12)).rgb, []

    def endless():
        for k in range(150):
            frame = Frame(k, k / 25, one.copy())
            made.append(weakref.ref(frame.rgb))
            yield frame

    for tracked in track(endless(), discs, replace(QUICK, person=person)):
        # This one, the one before until the loop's variable changes, and the sharpest one until it is asked.
        assert sum(ref() is not None for ref in made) <= 3, tracked.frame.number
