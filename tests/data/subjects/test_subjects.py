"""Synthetic subjects: exact truth, outside what the base model can give."""

import pytest
import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.data.subjects import CameraConfig, DetailSource, FrameLaw, SubjectConfig, SubjectLaw
from manyfaces.data.subjects.textures import photographed
from manyfaces.detect.rnet_alignment import rnet_five
from manyfaces.faces import CoefficientLayout
from manyfaces.faces.model import light_on
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.personal.surface import detail_surface

LAYOUT = CoefficientLayout(identity=12, expression=53, albedo=20)
SIDE = 40


@pytest.fixture(scope="module")
def law():
    face = load_face_model("openhead", LAYOUT)
    return SubjectLaw(face, detail_surface(face.head, SIDE))


@pytest.fixture(scope="module")
def source(law):
    return DetailSource(law, FrameLaw(law.face))


@pytest.fixture(scope="module")
def subject(law):
    return law.draw(0, 3)


def test_a_subject_is_a_function_of_seed_and_number(law, subject):
    again, other = law.draw(0, 3), law.draw(0, 4)
    assert torch.equal(subject.face.head.template, again.face.head.template)
    assert torch.equal(subject.pattern_m, again.pattern_m)
    assert torch.equal(subject.marks, again.marks)
    assert not torch.equal(subject.pattern_m, other.pattern_m)
    assert not torch.equal(subject.identity, other.identity)


def test_the_gap_is_what_no_coefficient_and_no_motion_gives(law, subject):
    head = law.face.head
    gap = subject.face.head.template - head.template
    basis = head.identity_basis[: LAYOUT.identity].flatten(1)
    shares = basis @ gap.flatten() / basis.norm(dim=1) / gap.norm()
    assert float(shares.abs().max()) < 1e-5
    assert float(gap.mean(0).norm()) < 1e-7
    size_mm = float(gap[head.region("front")].square().sum(-1).mean().sqrt()) * 1e3
    assert law.config.gap_mm[0] - 1e-3 <= size_mm <= law.config.gap_mm[1] + 1e-3
    # A translation means the same for every subject.
    torch.testing.assert_close(subject.face.origin, law.face.origin, atol=1e-7, rtol=0)
    five = rnet_five(head.landmarks(gap)).mean(0)
    assert float(five.norm()) < 1e-7


def test_blotches_are_outside_the_space_of_colours(law, subject):
    head = law.face.head
    change = subject.face.head.mean_albedo - head.mean_albedo
    assert float((head.albedo_basis.flatten(1) @ change.flatten()).abs().max()) < 1e-4
    assert float(change.abs().max()) > 0.005


def test_the_base_face_is_left_as_it_is(law):
    before = law.face.head.template.clone()
    law.draw(5, 0)
    assert torch.equal(law.face.head.template, before)


def test_landmarks_are_those_of_the_subject_s_own_vertices(law, source, subject):
    c = source.frames.sample(subject, 2, torch_generator(0, "frames"))
    vertices = subject.face.vertices(c)
    expected = subject.face.camera(c).project(law.face.head.landmarks(vertices)).points_px
    torch.testing.assert_close(subject.face.landmarks_px(c), expected)
    assert not torch.allclose(expected, law.face.landmarks_px(c), atol=0.2)


def test_skin_at_rest_or_stretched_has_the_static_relief(subject):
    rest = subject.displacement_m(torch.zeros(1, SIDE, SIDE))[0]
    stretched = subject.displacement_m(torch.full((1, SIDE, SIDE), -0.5))[0]
    assert torch.equal(rest, subject.static_m)
    assert torch.equal(stretched, subject.static_m)


def test_compressed_skin_approaches_the_whole_pattern(subject):
    pressed = subject.displacement_m(torch.full((1, SIDE, SIDE), 50.0))[0]
    gone = pressed - subject.static_m
    torch.testing.assert_close(gone, (1 - subject.rest_share) * subject.pattern_m, atol=1e-6, rtol=0)
    assert float(subject.pattern_m.min()) < -float(subject.pattern_m.max())  # valleys are deeper than ridges


def test_displacements_keep_their_reach(law):
    wild = SubjectLaw(law.face, law.surface, SubjectConfig(wrinkle_mm=(60.0, 90.0), fold_mm=(20.0, 30.0)))
    d = wild.draw(0, 0).displacement_m(torch.ones(1, SIDE, SIDE))
    assert float(d.abs().max()) == pytest.approx(0.01)


def test_a_batch_is_a_function_of_seed_and_step(source):
    first, again, other = source.batch(1, 2, 2, 3), source.batch(1, 2, 2, 3), source.batch(1, 3, 2, 3)
    assert torch.equal(first.texture, again.texture)
    assert torch.equal(first.coefficients, again.coefficients)
    assert not torch.equal(first.texture, other.texture)
    assert first.subject[:3].unique().numel() == 1
    assert first.frame.tolist() == [0, 1, 2, 0, 1, 2]


def test_truth_of_a_batch_fits_together(law, source):
    batch = source.batch(0, 0, 2, 3)
    assert float(batch.displacement_m.abs().max()) <= 0.01
    hidden = batch.visible == 0
    assert float(batch.texture.permute(0, 2, 3, 1)[hidden].abs().max()) == 0
    assert float(batch.visible[:, law.surface.skin == 0].max()) == 0
    for row in (0, 4):
        person = source.subject(int(batch.subject[row]))
        vertices = person.face.vertices(LAYOUT.split(batch.coefficients[row : row + 1]))
        torch.testing.assert_close(vertices[0], batch.vertices[row], atol=1e-6, rtol=0)
        tension = law.surface.tension(person.neutral, vertices)
        torch.testing.assert_close(tension[0], batch.tension[row], atol=1e-4, rtol=0)
        expected = person.displacement_m(tension)[0] * law.surface.skin
        torch.testing.assert_close(expected, batch.displacement_m[row], atol=1e-6, rtol=0)


def test_a_perfect_camera_shows_albedo_times_light(law, source, subject):
    c = source.frames.sample(subject, 1, torch_generator(1, "frames"))
    normals = law.surface.relief(subject.face.vertices(c), subject.static_m[None]).normals
    albedo, flat = torch.full((1, SIDE, SIDE, 3), 0.3), torch.zeros(1, SIDE, SIDE)
    perfect = CameraConfig(crop_px=(1e9, 1e9), noise=0, gloss=0, cavity=0)
    seen = photographed(albedo, normals, flat, flat + 1, c, 0.002, perfect, torch_generator(0, "camera"))
    torch.testing.assert_close(
        seen, (albedo * light_on(normals.flatten(1, 2), c).view_as(normals)).clamp(0, 1), atol=1e-5, rtol=0
    )
    coarse = CameraConfig(crop_px=(112, 112), noise=0, gloss=0, cavity=0)
    blurred = photographed(albedo, normals, flat, flat + 1, c, 0.002, coarse, torch_generator(0, "camera"))
    assert float((blurred - seen).abs().max()) > 1e-3
