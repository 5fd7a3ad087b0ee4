"""L_C: zero where it should be, and every term of it where it should not."""

from dataclasses import fields, replace

import pytest
import torch

from manyfaces.heads.outline import outline_mesh
from manyfaces.losses.landmark_terms import jaw_and_inner_weights
from manyfaces.methods.personal.judges import Judges
from manyfaces.methods.personal.objective import CoarseObjective, CoarseWeights, SeenPhotos

SIDE = 48
LANDMARK_TERMS = ("outline", "inner", "eyelids", "lips")
JUDGES = Judges(
    identity=lambda p, _: p.flatten(1)[:, ::7], emotion=lambda p, _: p.mean((2, 3)), lips=lambda p, _: p.flatten(1)
)


@pytest.fixture(scope="module")
def outline(face):
    return outline_mesh(face.head)


@pytest.fixture(scope="module")
def seen(face, outline, layout, people):
    """Photos of the two faces, annotated as an annotator would who knows them."""
    return photographed(face, outline, layout.split(people))


def photographed(face, outline, c):
    with torch.no_grad():
        vertices, camera = face.vertices(c), face.camera(c)
        points = face.landmarks_px(c)
        found = outline.seen(vertices, camera)
        points[:, :17] = found.hidden_replaced(found.annotated_rim())
        drawn = face.render(c, SIDE)
    person = torch.arange(len(points))
    return SeenPhotos(drawn.rgb.permute(0, 3, 1, 2), points, torch.ones(len(points), 68), drawn.mask, person)


@pytest.fixture
def wrong(layout, people):
    return layout.split(people + 0.05)


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_the_truth_has_no_landmark_and_no_colour_error(projection, face, flat_face, outline, layout, people):
    model = face if projection == "perspective" else flat_face
    c = layout.split(people)
    loss = CoarseObjective(model, outline)(c, photographed(model, outline, c))
    for name in LANDMARK_TERMS:
        assert float(getattr(loss, name)) == pytest.approx(0.0, abs=1e-5), name
    assert float(loss.photometric) == pytest.approx(1e-3, rel=1e-2)  # the root's epsilon
    assert float(loss.identity) == pytest.approx(float(c.identity.square().sum(-1).mean()))


def test_the_total_is_the_weighted_sum_of_all_terms(face, outline, wrong, seen):
    same = replace(seen, person=torch.zeros(2, dtype=torch.long))
    weights = CoarseWeights(**{part.name: 0.5 + number for number, part in enumerate(fields(CoarseWeights))})
    loss = CoarseObjective(face, outline, JUDGES, weights)(wrong, same)
    terms = {part.name: float(getattr(loss, part.name)) for part in fields(weights)}
    assert not [name for name, term in terms.items() if not term > 0]
    assert float(loss.total) == pytest.approx(sum(getattr(weights, name) * term for name, term in terms.items()))


def test_exchange_needs_somebody_seen_twice(face, outline, wrong, seen):
    objective = CoarseObjective(face, outline)
    loss = objective(wrong, seen)
    assert float(loss.exchange) == 0
    off = replace(objective, weights=CoarseWeights(exchange=0.0))
    assert torch.equal(off(wrong, replace(seen, person=torch.zeros(2, dtype=torch.long))).total, loss.total)


def test_exchange_of_equal_identities_repeats_the_loss(face, outline, wrong, seen):
    equal = replace(wrong, identity=wrong.identity[:1].expand(2, -1))
    same = replace(seen, person=torch.zeros(2, dtype=torch.long))
    objective = CoarseObjective(face, outline)
    loss, alone = objective(equal, same), objective(equal, seen)
    assert torch.equal(loss.exchange, alone.total)
    assert torch.equal(loss.total, 2 * alone.total)


def test_exchange_gives_each_the_others_identity(face, outline, wrong, seen):
    same = replace(seen, person=torch.zeros(2, dtype=torch.long))
    objective = CoarseObjective(face, outline)
    swapped = replace(wrong, identity=wrong.identity.flip(0))
    assert torch.equal(objective(wrong, same).exchange, objective(swapped, seen).total)


@pytest.mark.parametrize("point", [3, 8, 30, 37, 62])
def test_a_landmark_without_confidence_does_not_count(point, face, outline, wrong, seen):
    sure = seen.confidence.clone()
    sure[:, point] = 0.0
    moved = seen.landmarks_px.clone()
    moved[:, point] += torch.tensor([40.0, -25.0])
    objective = CoarseObjective(face, outline, weights=CoarseWeights(photometric=0.0))
    before, after = (
        objective(wrong, replace(seen, confidence=sure, landmarks_px=p)) for p in (seen.landmarks_px, moved)
    )
    assert torch.equal(before.total, after.total)
    assert not torch.equal(objective(wrong, replace(seen, landmarks_px=moved)).total, after.total)


def test_without_any_confidence_there_is_no_landmark_term(face, outline, wrong, seen):
    loss = CoarseObjective(face, outline)(wrong, replace(seen, confidence=torch.zeros(2, 68)))
    assert not [name for name in LANDMARK_TERMS if float(getattr(loss, name)) != 0]


def test_without_an_outline_jaw_points_are_the_heads_own(face, wrong, seen):
    loss = CoarseObjective(face, None)(wrong, seen)
    off = (face.landmarks_px(wrong) - seen.landmarks_px).abs().sum(-1)[:, :17]
    weights = jaw_and_inner_weights()[:17]
    expected = (weights * off).sum() / (2 * 2 * weights.sum()) / 112
    torch.testing.assert_close(loss.outline, expected)


def test_distances_are_in_halves_of_the_frame_whatever_the_pictures_size(face, outline, wrong, seen):
    larger = torch.nn.functional.interpolate(seen.pictures, (64, 64))
    skin = torch.nn.functional.interpolate(seen.skin[:, None], (64, 64))[:, 0]
    objective = CoarseObjective(face, outline)
    small, large = (objective(wrong, s) for s in (seen, replace(seen, pictures=larger, skin=skin)))
    assert not [name for name in LANDMARK_TERMS if not torch.equal(getattr(small, name), getattr(large, name))]
    shifted = replace(seen, landmarks_px=face.landmarks_px(wrong).detach() + torch.tensor([11.2, 0.0]))
    assert float(objective(wrong, shifted).inner) == pytest.approx(0.05, rel=1e-4)  # 11.2 of 112, halved


def test_nothing_is_drawn_where_nothing_looks(face, outline, wrong, seen, monkeypatch):
    monkeypatch.setattr(type(face), "render", lambda *_: pytest.fail("drawn"))
    loss = CoarseObjective(face, outline, weights=CoarseWeights(photometric=0.0))(wrong, seen)
    assert float(loss.photometric) == 0


@pytest.mark.parametrize("off", [0.0, 0.05])
@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_gradients_are_finite_at_the_truth_and_off_it(projection, off, face, flat_face, outline, layout, people):
    model = face if projection == "perspective" else flat_face
    photos = replace(photographed(model, outline, layout.split(people)), person=torch.zeros(2, dtype=torch.long))
    vector = (people + off).requires_grad_()
    CoarseObjective(model, outline, JUDGES)(layout.split(vector), photos).total.backward()
    assert bool(vector.grad.isfinite().all())
    assert not [name for name, part in layout.slices.items() if not vector.grad[:, part].any()]


def test_what_is_no_skin_has_no_colour_error(face, outline, wrong, seen):
    objective = CoarseObjective(face, outline)
    assert float(objective(wrong, seen).photometric) > 0.005
    assert float(objective(wrong, replace(seen, skin=torch.zeros_like(seen.skin))).photometric) == 0


def test_judges_shape_faces_and_do_not_paint_them(face, outline, wrong, seen):
    parts = {name: getattr(wrong, name).clone().requires_grad_() for name in ("identity", "albedo", "light")}
    loss = CoarseObjective(face, outline, JUDGES)(replace(wrong, **parts), seen)
    judged = loss.identity_features + loss.emotion + loss.lip_reading
    of_shape, of_albedo, of_light = torch.autograd.grad(judged, list(parts.values()), allow_unused=True)
    assert of_shape.any()
    assert of_albedo is None
    assert of_light is None
