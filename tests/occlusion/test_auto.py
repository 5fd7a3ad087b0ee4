import cv2
import numpy as np
import pytest

from manyfaces.occlusion import find_occlusion, hidden_points
from manyfaces.occlusion.zones import OVAL, PARTS, face_zones

BOXES = {"lower half": (60, 125, 160, 160), "left side": (112, 40, 160, 160), "eyes": (65, 70, 155, 100)}


def cover(face, box, colour):
    """Paint a box (x0, y0, x1, y1) of a colour or of colour noise."""
    image, mask = face.image.copy(), np.zeros(face.image.shape[:2], bool)
    mask[box[1] : box[3], box[0] : box[2]] = True
    image[mask] = colour if isinstance(colour, tuple) else colour[mask]
    return image, mask


def noise(shape, mean, spread):
    coarse = np.random.default_rng(2).normal(mean, spread, (shape[0] // 4, shape[1] // 4, 3))
    return cv2.resize(np.clip(coarse, 0, 255).astype(np.uint8), shape[::-1])


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
@pytest.mark.parametrize("paint", ["blue", "white", "cloth"])
def test_box_is_found_and_little_else(face, mesh_with_scores, box, paint):
    colour = {"blue": (40, 60, 200), "white": (250, 250, 250), "cloth": noise((200, 220), (60, 120, 190), 25)}[paint]
    image, mask = cover(face, box, colour)
    estimate = find_occlusion(image, face.found(), mesh_with_scores(face, 0.9, 0.5))
    clearly_hidden = ~hidden_points(face.points, ~mask, margin_px=4)
    clearly_visible = ~hidden_points(face.points, mask, margin_px=4)
    assert estimate.hidden[clearly_hidden].mean() > 0.9
    assert estimate.hidden[clearly_visible].mean() < 0.05
    inside = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [face.points[list(OVAL)].astype(np.int32)], (1,)) > 0
    wanted = mask & inside
    overlap = (estimate.mask & wanted).sum() / (estimate.mask | wanted).sum()
    assert overlap > 0.75
    np.testing.assert_array_equal(estimate.hidden, estimate.hidden_probability > 0.5)


@pytest.mark.parametrize("skin", [(235, 195, 175), (205, 155, 125), (120, 80, 60), (150, 150, 150)])
def test_nothing_is_found_on_a_bare_face(face_maker, mesh_with_scores, skin):
    face = face_maker(skin=skin)
    estimate = find_occlusion(face.image, face.found(), mesh_with_scores(face, 1.0, 0.9))
    assert not estimate.hidden.any()
    assert not estimate.mask.any()


def test_skin_coloured_cover_is_found_through_the_network(face, mesh_with_scores):
    """Colour says nothing; the score drops with every part but the mouth and the chin."""
    parts = list(PARTS)
    scores = [0.9, *(0.9 if name in ("mouth", "chin") else 0.1 for name in parts)]
    image, _ = cover(face, (60, 115, 160, 170), (205, 155, 125))
    estimate = find_occlusion(image, face.found(), mesh_with_scores(face, *scores))
    assert estimate.hidden[list(PARTS["mouth"])].mean() > 0.9
    assert not estimate.hidden[list(PARTS["right eye"])].any()


def test_same_answer_twice_and_input_kept(face, mesh_with_scores):
    image, _ = cover(face, BOXES["eyes"], noise((200, 220), (200, 60, 60), 40))
    before = image.copy()
    first, second = (find_occlusion(image, face.found(), mesh_with_scores(face, 0.9, 0.5)) for _ in range(2))
    np.testing.assert_array_equal(first.hidden_probability, second.hidden_probability)
    np.testing.assert_array_equal(first.mask, second.mask)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(("centre", "width"), [((0.0, 0.0), 80.0), ((110.0, 100.0), 4.0), ((900.0, 900.0), 80.0)])
def test_odd_places_and_sizes_do_not_break(face_maker, mesh_with_scores, centre, width):
    face = face_maker(centre=centre, width=width)
    estimate = find_occlusion(face.image, face.found(), mesh_with_scores(face, 0.01))
    assert estimate.mask.shape == face.image.shape[:2]
    assert np.isfinite(estimate.hidden_probability).all()


def test_zones_are_disjoint_and_inside_the_face(face):
    zones = face_zones((face.points - (110, 100)) * 0.9 + 64, 128)
    assert not (zones.skin & zones.features).any()
    assert not (zones.skin & ~zones.face).any()
    assert zones.skin.sum() > 0.3 * zones.face.sum()


def test_dark_glasses_hide_the_eyes_though_the_network_finds_them(face, mesh_with_scores):
    image = face.image.copy()
    for name in ("right eye", "left eye"):
        centre = face.points[list(PARTS[name])].mean(0)
        cv2.ellipse(image, np.round(centre).astype(int).tolist(), (14, 10), 0, 0, 360, (25, 25, 28), -1)
    estimate = find_occlusion(image, face.found(), mesh_with_scores(face, 0.99, 0.5))
    assert estimate.hidden[list(PARTS["right eye"])].mean() > 0.9
    assert estimate.hidden[list(PARTS["left eye"])].mean() > 0.9
    assert not estimate.hidden[list(PARTS["mouth"])].any()
