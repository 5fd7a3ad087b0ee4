"""Every kind of occluder: seeded, in range, on the face, of the same shape on a picture of another size."""

from dataclasses import replace

import numpy as np
import pytest

from manyfaces.core.errors import ChoiceError
from manyfaces.occlusion import OCCLUDERS, Donor, Site, draw_occluder, site_from_points

KINDS = list(OCCLUDERS)


def drawn(site: Site, kind: str, seed: int = 0):
    return draw_occluder(kind, site, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_occluder(site: Site, kind: str) -> None:
    first, again, other = (drawn(site, kind, seed).rgba for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("kind", KINDS)
def test_it_hides_some_of_the_face_and_the_mask_is_where_it_is_opaque(site: Site, kind: str) -> None:
    for seed in range(4):
        occluder = drawn(site, kind, seed)
        assert occluder.kind == kind
        assert occluder.rgba.shape == (200, 200, 4)
        assert occluder.rgba.dtype == np.float32
        assert occluder.rgba.min() >= 0
        assert occluder.rgba.max() <= 1
        np.testing.assert_array_equal(occluder.mask, occluder.rgba[..., 3] >= 0.5)
        # Between 0.5 % and all of the box around the face.
        assert 36 < occluder.mask[60:150, 60:140].sum() <= 90 * 80


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_is_left_as_it_is_and_differs_only_below_the_patch(
    site: Site, picture: np.ndarray, kind: str
) -> None:
    before = picture.copy()
    occluder = drawn(site, kind)
    covered = occluder.over(picture)
    np.testing.assert_array_equal(picture, before)
    untouched = occluder.rgba[..., 3] == 0
    np.testing.assert_array_equal(covered[untouched], picture[untouched])
    opaque = occluder.rgba[..., 3] > 0.999
    np.testing.assert_allclose(covered[opaque], 255 * occluder.rgba[opaque][:, :3], atol=1.0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("dsofi", "dhofi", "shofi", "stars", "crown")])
def test_edges_are_soft(site: Site, kind: str) -> None:
    alpha = drawn(site, kind).rgba[..., 3]
    assert ((alpha > 0.1) & (alpha < 0.4)).any()


@pytest.mark.parametrize("kind", ["hand", "mask", "sunglasses", "scarf", "microphone", "blob", "dhofi", "crown"])
def test_the_shape_scales_with_the_picture(site: Site, picture: np.ndarray, kind: str) -> None:
    # Pixel centres: twice the size takes x to 2 (x + 1/2) - 1/2.
    twice = Site(2 * (site.points_px + 0.5) - 0.5, (400, 400), picture.repeat(2, 0).repeat(2, 1))
    small, large = drawn(site, kind, 1).mask, drawn(twice, kind, 1).mask
    shrunk = large.reshape(200, 2, 200, 2).mean((1, 3)) >= 0.5
    assert (shrunk & small).sum() / (shrunk | small).sum() > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_faces_at_the_border_and_outside(site: Site, picture: np.ndarray, kind: str) -> None:
    for shift in (-100.0, 90.0, 1000.0):
        moved = replace(site, points_px=site.points_px + shift)
        occluder = drawn(moved, kind)
        assert occluder.over(picture).shape == picture.shape
        if shift == 1000.0:
            assert not occluder.mask.any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_face_without_extent_and_no_picture(kind: str) -> None:
    site = site_from_points(np.full((68, 2), 20.0), (40, 50))
    assert np.isfinite(drawn(site, kind).rgba).all()


def test_random_is_every_kind(site: Site) -> None:
    generator = np.random.default_rng(0)
    assert {draw_occluder("random", site, generator).kind for _ in range(120)} == set(KINDS)


def test_an_unknown_kind_lists_the_valid_ones(site: Site) -> None:
    with pytest.raises(ChoiceError, match="sunglasses"):
        drawn(site, "hat")


@pytest.mark.parametrize(
    ("kind", "points"), [("mask", range(48, 68)), ("sunglasses", range(36, 48)), ("shofi", (27, 28, 29, 30))]
)
def test_masks_hide_the_mouth_glasses_the_eyes(site: Site, kind: str, points) -> None:
    columns, rows = np.round(site.points_px[list(points)]).astype(int).T
    for seed in range(5):
        assert drawn(site, kind, seed).mask[rows, columns].mean() > 0.9


def test_masks_leave_the_eyes_free(site: Site) -> None:
    columns, rows = np.round(site.points_px[36:48]).astype(int).T
    assert not any(drawn(site, "mask", seed).mask[rows, columns].any() for seed in range(5))


def test_most_hands_have_the_tone_of_the_face(site: Site) -> None:
    near = 0
    for seed in range(20):
        occluder = drawn(site, "hand", seed)
        inside = occluder.rgba[occluder.mask][:, :3]
        # Sleeves take part, so: is there much of the face's own hue?
        hue = inside / inside.sum(1, keepdims=True)
        own = site.skin / site.skin.sum()
        near += (np.abs(hue - own).max(1) < 0.05).mean() > 0.3
    assert near >= 10


def test_shadows_hide_nothing(site: Site) -> None:
    occluder = drawn(site, "microphone", 2)
    shadow = (occluder.rgba[..., 3] > 0.05) & (occluder.rgba[..., 3] < 0.45)
    assert shadow.sum() > 50
    assert not occluder.mask[shadow].any()


def test_patches_come_from_the_donor(site: Site) -> None:
    green = np.zeros((200, 200, 3), np.uint8)
    green[..., 1] = 200
    donor = Donor(green, site.points_px)
    found = []
    for seed in range(10):
        occluder = drawn(replace(site, donor=donor), "patch", seed)
        found.append(occluder.rgba[occluder.mask][:, :3].mean(0))
    # Half are matched to the skin around, but what is not green in the donor cannot become red.
    assert all(rgb[0] < 0.02 and rgb[1] > 0.3 for rgb in found)
    own = drawn(site, "patch", 0)
    assert own.rgba[own.mask][:, 0].mean() > 0.3
