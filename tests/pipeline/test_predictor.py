import numpy as np
import pytest
import torch

from manyfaces.core.errors import ChoiceError, ImageError, InputError, MaskError, NoFaceError
from manyfaces.pipeline import Options

QUICK = {"n_identities": 12, "n_expressions": 4}


@pytest.fixture(scope="module")
def clear(predictor, person):
    return predictor(person[0], occlusion="none", **QUICK)


@pytest.fixture(scope="module")
def hidden(predictor, masked_person):
    image, mask = masked_person
    return predictor(image, occlusion=mask, identities="varied", n_identities=30, n_expressions=15)


def _projected(result):
    return result.cameras.project(result.head.landmarks(result.vertices, "468")).points_px.numpy()


def _error(points_px, truth_px):
    eyes = np.linalg.norm(truth_px[33] - truth_px[263])
    return np.linalg.norm(points_px - truth_px, axis=-1).mean() / eyes


def test_the_best_face_lies_on_the_photo(clear, person):
    assert _error(_projected(clear)[0], person[1]) < 0.06


def test_hypotheses_share_the_best_identity(clear):
    assert (clear.identity_index == clear.order[0]).all()
    assert len(clear) == 4
    assert clear.scores.sum() == pytest.approx(1, abs=1e-4)


def test_varied_hypotheses_follow_the_ranking(hidden):
    assert torch.equal(hidden.identity_index, hidden.order[:15])


def test_hypotheses_differ_where_nothing_is_seen(hidden):
    spread = _projected(hidden).std(0).mean(-1)
    mouth, brows = [13, 14, 61, 291, 17, 0], [70, 105, 300, 334, 33, 263]
    assert spread[mouth].mean() > 1.5 * spread[brows].mean()
    assert not hidden.visible[mouth].any()
    assert hidden.visible[brows].all()


def test_a_seed_gives_the_same_faces_and_another_others(predictor, person):
    first, same, other = (predictor(person[0], occlusion="none", seed=s, **QUICK) for s in (0, 0, 1))
    assert torch.equal(first.expressions, same.expressions)
    assert not torch.equal(first.expressions[1:], other.expressions[1:])


def test_batches_and_tensors_give_the_same_faces(predictor, person, masked_person, clear):
    images = torch.from_numpy(np.stack([person[0], masked_person[0]])).permute(0, 3, 1, 2)
    results = predictor.reconstruct_many(images, occlusion="none", face="largest", **QUICK)
    assert len(results) == 2
    torch.testing.assert_close(results[0][0].expressions, clear.expressions, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("photos", [torch.zeros(1, 3, 200, 200), torch.zeros(1, 200, 200, 3, dtype=torch.uint8)])
def test_a_tensor_of_another_kind_says_what_is_needed(predictor, photos):
    # The shape checker of the tests gets there first; users meet the ImageError.
    with pytest.raises((ImageError, TypeError), match=r"uint8|UInt8"):
        predictor.reconstruct_many(photos)


def test_a_photo_without_a_face_says_so(predictor):
    with pytest.raises(NoFaceError, match="no face"):
        predictor.reconstruct(np.full((200, 200, 3), 128, np.uint8))


def test_a_face_that_is_not_there_says_so(predictor, person):
    with pytest.raises(NoFaceError, match="no face 7"):
        predictor.reconstruct(person[0], face=7)


def test_a_mask_of_another_size_says_both_sizes(predictor, person):
    with pytest.raises(MaskError, match="10"):
        predictor(person[0], occlusion=np.zeros((10, 10), bool))


def test_unknown_choices_list_the_valid_ones():
    with pytest.raises(ChoiceError, match="varied"):
        Options(identities="many")
    with pytest.raises(ChoiceError, match="ddpm"):
        Options(sampler="euler")
    with pytest.raises(InputError, match="identities"):
        Options(identities="varied", n_identities=3, n_expressions=5)


def test_photos_of_one_person_share_the_identity(predictor, person, masked_person):
    photos = [person[0], masked_person[0]]
    faces = predictor.reconstruct_person(photos, occlusion="none", **QUICK)
    assert len(faces) == 2
    identity = [face.identities[face.identity_index] for face in faces]
    assert torch.equal(identity[0], identity[1])
    assert torch.equal(faces[0].order, faces[1].order)
    # Expressions and cameras are each photo's own.
    assert not torch.equal(faces[0].expressions, faces[1].expressions)
    assert _error(_projected(faces[0]), person[1]) < 0.06


def test_one_photo_of_a_person_is_enough(predictor, person):
    options = {"occlusion": "none", "settle": False, **QUICK}
    [face] = predictor.reconstruct_person([person[0]], **options)
    assert len(face) == 4
    [seen] = predictor.reconstruct_person(predictor.look(person[0], **options), **options)
    assert torch.equal(seen.vertices, face.vertices)


@pytest.mark.parametrize(("photos", "face"), [([], "largest"), ([np.zeros((99, 99, 3), np.uint8)], "all")])
def test_a_person_needs_photos_and_one_face_on_each(predictor, photos, face):
    with pytest.raises(InputError, match="one person"):
        predictor.reconstruct_person(photos, face=face)
