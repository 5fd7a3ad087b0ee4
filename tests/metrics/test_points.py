import numpy as np
import pytest

from manyfaces.metrics import INNER_51, best_of, eye_frame, interocular_nme
from manyfaces.metrics.points import BOUNDARY_17, unit_px


def face(angle: float = 0.0, eye_distance: float = 50.0) -> np.ndarray:
    """68 points whose outer eye corners are `eye_distance` apart on a line turned by `angle`."""
    points = np.random.default_rng(0).uniform(-100, 100, (68, 2))
    points[36], points[45] = (0, 0), (eye_distance * np.cos(angle), eye_distance * np.sin(angle))
    return points


def test_nme_is_percent_of_the_eye_distance() -> None:
    truth = face()
    shifted = truth + np.array([3, 4])  # 5 px of 50
    assert interocular_nme(shifted, truth, INNER_51) == pytest.approx(10)


def test_nme_counts_selected_points_only() -> None:
    truth = face()
    predicted = truth.copy()
    predicted[0] += [0, 10]
    predicted[30] += [0, 5]
    only = np.zeros(68, bool)
    only[[0, 30]] = True
    assert interocular_nme(predicted, truth, only) == pytest.approx((20 + 10) / 2)
    assert interocular_nme(predicted, truth, INNER_51) == pytest.approx(10 / 51)


def test_nme_takes_batches() -> None:
    truth = face()
    errors = interocular_nme(np.stack([truth, truth + np.array([5, 0])]), truth, INNER_51)
    assert errors == pytest.approx([0, 10])


def test_inner_points_leave_the_jaw_out() -> None:
    assert INNER_51.sum() == 51
    assert not INNER_51[:17].any()


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
def test_eye_frame_turns_with_the_face(angle: float) -> None:
    frame = eye_frame(face(angle))
    along = np.array([np.cos(angle), np.sin(angle)])
    down = np.array([-np.sin(angle), np.cos(angle)])
    assert frame.from_picture(0.5 * along) == pytest.approx([1, 0])  # 0.5 px is 1 % of 50 px
    assert frame.from_picture(0.5 * down) == pytest.approx([0, 1])
    values = np.random.default_rng(1).normal(size=(4, 68, 2))
    assert frame.to_picture(frame.from_picture(values)) == pytest.approx(values)


def test_best_of_looks_at_the_first_k() -> None:
    errors = np.array([[3.0, 2.0, 1.0], [5.0, 6.0, 7.0]])
    assert best_of(errors).tolist() == [1, 5]
    assert best_of(errors, 2).tolist() == [2, 5]


def test_units() -> None:
    truth = np.full((68, 2), 20.0)
    truth[0], truth[16], truth[8] = (0, 10), (40, 20), (20, 90)
    truth[36:42], truth[42:48] = (10, 20), (30, 20)
    truth[36], truth[45] = (4, 20), (36, 20)
    assert unit_px(truth, "interocular") == 32
    assert unit_px(truth, "interpupil") == pytest.approx(22)
    assert unit_px(truth, "box") == pytest.approx(np.sqrt(40 * 80))
    assert unit_px(truth, "diagonal") == pytest.approx(np.hypot(40, 80))
    assert BOUNDARY_17.sum() == 17
    assert (BOUNDARY_17 ^ INNER_51).all()
