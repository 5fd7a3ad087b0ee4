"""Which face is followed, how often the detector is asked, and when a face counts as lost."""

import numpy as np
import pytest

from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.video.following import CHECK_EVERY, Follower
from manyfaces.pipeline.video.frames import LostFrame
from manyfaces.pipeline.video.hiding import FIND_EVERY, Hiding


@pytest.fixture
def remarks():
    return []


@pytest.fixture
def follow(eyes, remarks):
    """Makes a follower."""
    return lambda face=0: Follower(eyes, "none", face, remarks.append)


def middle(seen):
    assert isinstance(seen, SeenFace)
    return seen.view.points_px.mean(0)


def test_the_detector_is_asked_once_for_a_face_that_moves(eyes, follow, picture):
    follower = follow()
    for k in range(CHECK_EVERY):
        x = 30 + 0.6 * k
        assert middle(follower.see(picture(k, (x, 40, 10)))) == pytest.approx((x, 40), abs=0.6)
    assert eyes.detector.asked == 1
    follower.see(picture(CHECK_EVERY, (60, 40, 10)))
    assert eyes.detector.asked == 2


def test_a_face_that_goes_is_lost_and_found_again(follow, picture):
    follower = follow()
    follower.see(picture(0, (30, 40, 10)))
    assert follower.see(picture(1)) == LostFrame(1, 1 / 25, "no face was found")
    assert isinstance(follower.see(picture(2)), LostFrame)
    assert middle(follower.see(picture(3, (70, 60, 10)))) == pytest.approx((70, 60), abs=0.6)


def test_of_two_people_the_largest_is_followed_and_it_is_said_once(follow, picture, remarks):
    follower = follow()
    small, large = (20, 20, 8, 100), (66, 60, 14, 200)
    for k in range(3):
        assert middle(follower.see(picture(k, small, large))) == pytest.approx((66, 60), abs=0.6)
    # Hidden for a moment, and now the smaller one: whoever is where it was, is it.
    follower.see(picture(3))
    now = follower.see(picture(4, (20, 20, 16, 100), (64, 60, 12, 200)))
    assert middle(now) == pytest.approx((64, 60), abs=0.6)
    assert remarks == ["frame 1 shows 2 faces: the largest is followed"]


def test_another_than_the_largest_can_be_followed(follow, picture, remarks):
    follower = follow(1)
    assert follower.see(picture(0, (66, 60, 14, 200))) == LostFrame(0, 0.0, "no face 1 was found")
    seen = follower.see(picture(1, (20, 20, 8, 100), (66, 60, 14, 200)))
    assert middle(seen) == pytest.approx((20, 20), abs=0.6)
    assert "face 1" in remarks[0]


def test_after_a_long_time_the_largest_is_taken(follow, picture):
    follower = follow()
    follower.see(picture(0, (20, 20, 8, 100)))
    follower.see(picture(1))
    seen = follower.see(picture(2, (20, 20, 8, 100), (66, 60, 14, 200), time_s=5.0))
    assert middle(seen) == pytest.approx((66, 60), abs=0.6)


def test_what_hides_is_found_every_few_frames_and_moves_with_the_face(eyes, level_crop, monkeypatch):
    asked = []

    def find(image, points, mesh):
        asked.append(1)
        mask = np.zeros((96, 96), bool)
        mask[40:50, 30:50] = True
        return type("Found", (), {"mask": mask})

    monkeypatch.setattr("manyfaces.pipeline.video.hiding.find_occlusion", find)
    hiding, image = Hiding(eyes.mesh), np.full((96, 96, 3), 90, np.uint8)
    here = hiding.mask(image, level_crop(40, 40, 12))
    there = hiding.mask(image, level_crop(50, 43, 12))
    assert here.sum() == pytest.approx(200, rel=0.15)
    overlap = here[:-3, :-10] & there[3:, 10:]
    assert overlap.sum() > 0.9 * here.sum()
    for _ in range(FIND_EVERY - 2):
        hiding.mask(image, level_crop(40, 40, 12))
    assert len(asked) == 1
    hiding.mask(image, level_crop(40, 40, 12))
    assert len(asked) == 2
