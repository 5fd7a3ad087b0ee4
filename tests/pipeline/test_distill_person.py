"""One identity for several faces of models that predict one face each: robust, and without moving them."""

from dataclasses import replace

import pytest
import torch

from manyfaces.faces import FaceModel
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.distill import OPEN
from manyfaces.pipeline.distill_person import SharedFace, ToldOfPerson, middle_mean


@pytest.fixture(scope="module")
def face():
    return load_face_model("openhead", OPEN.layout)


def predicted(face, seed):
    generator = torch.Generator().manual_seed(seed)
    c = face.layout.split(0.4 * torch.randn(face.layout.size, generator=generator))
    return replace(c, angles=c.angles * 0.5, light=0.1 * c.light)


def test_the_mean_of_the_middle_half_ignores_outliers():
    values = torch.tensor([[1.0, 9.0], [2.0, 9.0], [3.0, 9.0], [4.0, -500.0], [400.0, 9.0], [0.0, 9.0], [5.0, 9.0]])
    assert middle_mean(values).tolist() == pytest.approx([3.0, 9.0])
    assert middle_mean(values[:2]).tolist() == [1.5, 9.0]
    assert middle_mean(values[:1]).tolist() == [1.0, 9.0]
    draws = torch.randn(400, 200, generator=torch.Generator().manual_seed(0))
    # Nearly as exact as the mean, whose error is 1 / sqrt(400).
    assert middle_mean(draws).std().item() == pytest.approx(0.05 * 1.09, rel=0.1)


def test_identity_and_albedo_are_shared_and_light_is_corrected(face):
    faces = [predicted(face, seed) for seed in range(3)]
    settled = [replace(c, albedo=c.albedo + 1, light=c.light + 0.02) for c in faces]
    shared = SharedFace.of([ToldOfPerson.of(*pair) for pair in zip(faces, settled, strict=True)])
    given = shared.given_to(face, faces[1])
    torch.testing.assert_close(given.identity, torch.stack([c.identity for c in faces]).mean(0))
    torch.testing.assert_close(given.albedo, torch.stack([c.albedo for c in faces]).mean(0) + 1)
    torch.testing.assert_close(given.light, faces[1].light + 0.02)
    assert given.expression is faces[1].expression
    assert given.angles is faces[1].angles


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_another_identity_stays_where_the_network_saw_its_own(face, projection):
    face = FaceModel(face.head, OPEN.layout, projection)
    c = predicted(face, 5)
    same = SharedFace(c.identity, c.albedo, torch.zeros(3, 9)).given_to(face, c)
    torch.testing.assert_close(same.translation, c.translation, atol=2e-4, rtol=0)
    other = SharedFace(predicted(face, 6).identity * 3, c.albedo, torch.zeros(3, 9))
    before = face.landmarks_px(c)
    moved = (face.landmarks_px(replace(c, identity=other.identity)) - before).norm(dim=-1).mean()
    kept = face.landmarks_px(other.given_to(face, c)) - before
    assert kept.norm(dim=-1).mean() < moved
    assert kept.mean(0).abs().max() < 0.3
