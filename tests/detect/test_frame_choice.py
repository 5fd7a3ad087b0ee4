import math

import numpy as np
import pytest

from manyfaces.detect.frame_choice import FaceLook, FrameLimits, FrameLook, KeptFrame, choose_frames, most_seen_person

ANN, BEN = np.eye(8)[0], np.eye(8)[1]


def shown(person: np.ndarray, seed: int, sharpness: float = 0.1) -> FaceLook:
    noise = 0.1 * np.random.default_rng(seed).normal(size=8)
    return FaceLook(sharpness, 3.0 * (person + noise))  # embeddings of any length


def frame(number: int, *faces: FaceLook) -> FrameLook:
    return FrameLook(number, number / 25, faces)


def test_each_frame_is_kept_or_listed_with_its_reason() -> None:
    frames = [frame(k, shown(ANN, k)) for k in range(6)]
    frames += [frame(6), frame(7, shown(BEN, 7)), frame(8, shown(ANN, 8, sharpness=0.01))]
    frames += [frame(9, shown(BEN, 9), shown(ANN, 10))]
    choice = choose_frames(frames)
    assert choice.kept == (*(KeptFrame(k, 0) for k in range(6)), KeptFrame(9, 1))
    assert [(s.number, s.reason) for s in choice.set_aside] == [(6, "no face"), (7, "other person"), (8, "blurred")]
    assert math.isnan(choice.set_aside[0].measured)
    assert choice.set_aside[1].measured > choice.set_aside[1].limit == 0.6
    assert (choice.set_aside[2].measured, choice.set_aside[2].limit) == pytest.approx((0.01, 0.035))
    assert str(choice.set_aside[2]) == "frame 9, at 0.32 s: blurred (0.01, limit 0.035)"
    assert str(choice.set_aside[0]) == "frame 7, at 0.24 s: no face"


def test_another_persons_sharp_faces_do_not_raise_the_limit() -> None:
    frames = [frame(k, shown(ANN, k, 0.1)) for k in range(5)] + [frame(k, shown(BEN, k, 9.0)) for k in range(5, 9)]
    assert [k.number for k in choose_frames(frames).kept] == [0, 1, 2, 3, 4]


def test_the_person_can_be_named() -> None:
    frames = [frame(k, shown(ANN, k)) for k in range(5)] + [frame(5, shown(BEN, 5))]
    assert [k.number for k in choose_frames(frames, person=20 * BEN).kept] == [5]


def test_whoever_is_seen_most_is_found_in_long_videos() -> None:
    frames = [frame(k, shown(BEN if k % 3 == 0 else ANN, k)) for k in range(1500)]
    person = most_seen_person(frames, 0.6)
    assert person is not None
    assert person @ ANN > 0.99


def test_without_embeddings_the_largest_face_counts() -> None:
    frames = [frame(0, FaceLook(0.1), FaceLook(0.5)), frame(1, FaceLook(0.12)), frame(2), frame(3, FaceLook(0.01))]
    choice = choose_frames(frames, FrameLimits(sharpness=0.5))
    assert choice.kept == (KeptFrame(0, 0), KeptFrame(1, 0))
    assert [s.reason for s in choice.set_aside] == ["no face", "blurred"]


def test_a_video_without_any_face() -> None:
    choice = choose_frames([frame(0), frame(1)])
    assert choice.kept == ()
    assert [s.reason for s in choice.set_aside] == ["no face", "no face"]
    assert choose_frames([]).set_aside == ()
