import numpy as np
import pytest

from manyfaces.core.errors import ChoiceError
from manyfaces.occlusion import OCCLUDER_KINDS, sample_occluder


def face_68(size: float = 120.0, centre: tuple[float, float] = (128.0, 128.0), roll: float = 0.0) -> np.ndarray:
    """A schematic frontal face in the 300-W order, about `size` px wide."""
    angle = np.linspace(np.pi, 0, 17)
    jaw = np.stack([0.5 * np.cos(angle), 0.6 * np.sin(angle)], -1)
    brows = np.stack([np.r_[np.linspace(-0.4, -0.1, 5), np.linspace(0.1, 0.4, 5)], np.full(10, -0.2)], -1)
    nose = np.r_[
        np.stack([np.zeros(4), np.linspace(-0.1, 0.15, 4)], -1),
        np.stack([np.linspace(-0.1, 0.1, 5), np.full(5, 0.2)], -1),
    ]
    turn = np.linspace(np.pi, -np.pi, 6, endpoint=False)
    eye = np.stack([0.08 * np.cos(turn), -0.03 * np.sin(turn)], -1)
    right_eye = eye + np.array([-0.22, -0.1])
    left_eye = eye * [-1, 1] + [0.22, -0.1]
    left_eye = left_eye[[3, 4, 5, 0, 1, 2]]
    turn = np.linspace(np.pi, -np.pi, 20, endpoint=False)
    mouth = np.stack([0.18 * np.cos(turn), 0.35 - 0.06 * np.sin(turn)], -1)
    points = np.concatenate([jaw, brows, nose, right_eye, left_eye, mouth])
    rotation = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    return points @ rotation.T * size + centre


def hidden(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    columns, rows = np.round(points).astype(int).T
    return mask[rows, columns]


@pytest.mark.parametrize("kind", OCCLUDER_KINDS)
def test_same_seed_same_mask_and_shapes_vary(kind):
    points = face_68()
    masks = [sample_occluder(points, (256, 256), np.random.default_rng(seed), kind).mask for seed in (3, 3, 4)]
    assert masks[0].shape == (256, 256)
    assert masks[0].any()
    np.testing.assert_array_equal(masks[0], masks[1])
    assert (masks[0] != masks[2]).any()


def test_every_kind_is_drawn_and_half_of_faces_keep_half_of_their_points():
    generator = np.random.default_rng(0)
    points = face_68()
    drawn = [sample_occluder(points, (256, 256), generator) for _ in range(400)]
    assert {occluder.kind for occluder in drawn} == set(OCCLUDER_KINDS)
    share = np.array([hidden(occluder.mask, points).mean() for occluder in drawn])
    assert 0.2 < share.mean() < 0.45
    assert (share > 0).mean() > 0.9
    assert (share < 0.8).mean() > 0.95


def test_block_covers_its_stated_share_of_the_box():
    points = face_68()
    sides = points.max(0) - points.min(0)
    generator = np.random.default_rng(1)
    for _ in range(50):
        mask = sample_occluder(points, (256, 256), generator, "block").mask
        extent = np.array([np.ptp(np.nonzero(mask.any(0))[0]), np.ptp(np.nonzero(mask.any(1))[0])])
        assert ((extent >= 0.25 * sides - 2) & (extent <= 0.6 * sides + 2)).all()


@pytest.mark.parametrize(("kind", "indices"), [("mouth", range(48, 68)), ("eyes", range(36, 48))])
@pytest.mark.parametrize("roll", [0.0, 0.6])
def test_named_parts_are_hidden_with_the_face_turned(kind, indices, roll):
    points = face_68(roll=roll)
    generator = np.random.default_rng(2)
    share = [
        hidden(sample_occluder(points, (256, 256), generator, kind).mask, points)[list(indices)].mean()
        for _ in range(50)
    ]
    assert np.mean(share) > 0.9


def test_half_hides_every_side():
    points = face_68()
    generator = np.random.default_rng(3)
    offsets = []
    for _ in range(60):
        inside = hidden(sample_occluder(points, (256, 256), generator, "half").mask, points)
        offsets.append(points[inside].mean(0) - points.mean(0))
        assert 0.2 < inside.mean() < 0.8
    main_axis = np.abs(offsets).argmax(1)
    sides = {(int(axis), bool(offset[axis] > 0)) for axis, offset in zip(main_axis, offsets, strict=True)}
    assert len(sides) == 4


def test_face_partly_or_wholly_outside_the_picture():
    generator = np.random.default_rng(4)
    for centre in ((0.0, 0.0), (500.0, 500.0)):
        for kind in OCCLUDER_KINDS:
            assert sample_occluder(face_68(centre=centre), (100, 80), generator, kind).mask.shape == (100, 80)


def test_unknown_kind_lists_the_valid_ones():
    # The shape checker of the tests gets there first; users meet the ChoiceError.
    with pytest.raises((ChoiceError, TypeError), match="block"):
        sample_occluder(face_68(), (64, 64), np.random.default_rng(0), "hat")  # type: ignore[arg-type]
