import numpy as np
import pytest

from manyfaces.detect.boxes import Candidates, containments, join, merge, mirror, overlaps


def candidates(*rows):
    """Rows of (x0, y0, x1, y1, score, look); every keypoint at the box's first corner."""
    table = np.array(rows, float).reshape(-1, 6)
    values = np.concatenate([table[:, :4], np.tile(table[:, :2], 6)], 1)
    return Candidates(values, table[:, 4], table[:, 5].astype(int))


def test_overlap_and_containment_by_hand():
    box = np.array([0.0, 0, 10, 10])
    others = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [2, 2, 4, 4], [10, 10, 20, 20]])
    np.testing.assert_allclose(overlaps(box, others), [1, 50 / 150, 0.04, 0])
    np.testing.assert_allclose(containments(box, others), [1, 0.5, 1, 0])


def test_what_overlaps_becomes_its_weighted_mean():
    (face,) = merge(candidates((0, 0, 10, 10, 0.9, 0), (3, 0, 13, 10, 0.3, 0)))
    np.testing.assert_allclose(face.box_px, [0.75, 0, 10.75, 10])
    np.testing.assert_allclose(face.keypoints_px, np.tile([0.75, 0], (6, 1)))


def test_each_look_votes_once_with_its_best():
    (face,) = merge(candidates((0, 0, 10, 10, 0.5, 0), (0, 0, 10, 10, 0.4, 0), (0, 0, 10, 10, 0.3, 1)))
    assert face.score == pytest.approx(0.8)


def test_many_doubtful_looks_beat_one_sure_one():
    rows = [(0, 0, 10, 10, 0.4, look) for look in range(4)]
    faces = merge(candidates((50, 50, 60, 60, 0.9, 0), *rows))
    assert [face.box_px[0] for face in faces] == [0, 50]


def test_a_face_inside_a_face_is_dropped_and_a_neighbour_is_not():
    faces = merge(candidates((0, 0, 100, 100, 0.9, 0), (20, 20, 50, 50, 0.8, 0), (90, 0, 190, 100, 0.7, 0)))
    assert [face.box_px[0] for face in faces] == [0, 90]


def test_nothing_makes_no_faces():
    assert merge(candidates()) == []


def test_looks_are_numbered_and_tiles_are_one_look():
    parts = [candidates((0, 0, 1, 1, 0.5, 7)), candidates(), candidates((0, 0, 1, 1, 0.5, 7), (0, 0, 1, 1, 0.5, 7))]
    assert join(parts).looks.tolist() == [0, 2, 2]
    assert join(parts, one_look=True).looks.tolist() == [0, 0, 0]


def test_mirror_swaps_sides_and_is_its_own_inverse():
    rng = np.random.default_rng(0)
    given = Candidates(rng.uniform(0, 99, (5, 16)), rng.uniform(size=5), np.zeros(5, int))
    there = mirror(given, 100)
    np.testing.assert_allclose(there.values[:, 0], 99 - given.values[:, 2])
    np.testing.assert_allclose(there.values[:, 1], given.values[:, 1])
    np.testing.assert_allclose(there.values[:, 4], 99 - given.values[:, 6])  # the right eye was the left
    np.testing.assert_allclose(there.values[:, 12], 99 - given.values[:, 14])  # so the ears
    np.testing.assert_allclose(there.values[:, 8], 99 - given.values[:, 8])  # the nose stays the nose
    np.testing.assert_allclose(mirror(there, 100).values, given.values)
