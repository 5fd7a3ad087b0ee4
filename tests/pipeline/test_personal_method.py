"""Photos through a base of person-specific models in miniature."""

from dataclasses import replace

import pytest
import torch

from manyfaces import Predictor
from manyfaces.methods.personal.detail import SkinView, skin_view
from manyfaces.pipeline import personal_method
from manyfaces.pipeline.distill_person import SharedFace
from manyfaces.pipeline.personal_method import PersonalMethod
from manyfaces.pipeline.personal_models import Person, load_personal

SIDE = 32


@pytest.fixture(scope="module")
def base(personal_stand_in, tmp_path_factory):
    folder = personal_stand_in.write_base(tmp_path_factory.mktemp("models") / "tiny")
    return load_personal(folder, torch.device("cpu"))


@pytest.fixture(scope="module")
def predictor_of():
    return lambda model: Predictor(PersonalMethod(model))


@pytest.fixture(scope="module")
def ada(base):
    layout = base.coarse.face.layout
    shared = SharedFace(torch.linspace(-1, 1, layout.identity), torch.zeros(layout.albedo), torch.zeros(3, 9))
    view = SkinView(torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, SIDE, SIDE), torch.zeros(1, SIDE, SIDE))
    return Person("ada", shared, view)


@pytest.fixture(scope="module")
def result(base, predictor_of, person):
    return predictor_of(base)(person[0])


def test_a_face_has_detail_on_its_skin(result, base):
    detail = result.detail
    assert detail is not None
    assert detail.displacement_m.shape == (SIDE, SIDE)
    assert 0 < float(detail.displacement_m.abs().max()) <= 0.01
    assert not detail.displacement_m[base.surface.skin == 0].any()
    assert result.timings["detail"] >= 0
    assert detail.grid is base.surface.grid


def test_its_own_expression_brings_its_own_detail_out(result, base):
    face, c = base.coarse.face, result.appearance.coefficients
    again = result.detail.displacement(face.expression(c)[0], face.jaw(c)[0])
    torch.testing.assert_close(again, result.detail.displacement_m, atol=1e-6, rtol=0)
    other = result.detail.displacement(face.expression(c)[0] + 2, face.jaw(c)[0])
    assert not torch.allclose(other, again, atol=1e-6)


def test_skin_is_read_off_a_finer_crop_than_the_face(base, predictor_of, person, monkeypatch):
    shapes = []

    def seen(face, surface, c, pictures, skin):
        shapes.append((pictures.shape, skin.shape))
        return skin_view(face, surface, c, pictures, skin)

    monkeypatch.setattr(personal_method, "skin_view", seen)
    assert predictor_of(base)(person[0]).detail is not None
    assert base.coarse.config.picture_px == SIDE
    assert shapes == [((1, 3, 224, 224), (1, 224, 224))]


def test_what_is_hidden_has_no_texture(base, predictor_of, masked_person):
    image, mask = masked_person
    predictor = predictor_of(base)
    clear, hidden = predictor(image, occlusion="none"), predictor(image, occlusion=mask)
    seen, left = (float(one.detail.view.visible.sum()) for one in (clear, hidden))
    assert left < seen


def test_a_persons_face_is_the_persons(base, predictor_of, person, ada):
    face = predictor_of(replace(base, person=ada))(person[0])
    torch.testing.assert_close(face.identities[0], ada.shared.identity)
    torch.testing.assert_close(face.detail.identity, ada.shared.identity)
    assert not face.appearance.coefficients.albedo.any()
