from dataclasses import replace

import pytest
import torch
from torch import Tensor

from manyfaces.losses import PredictedFace, SeenFace, WeakWeights, weak_loss
from manyfaces.losses.face_fit import (
    coloured_light,
    cosine_distance,
    feature_loss,
    landmark_loss,
    landmark_weights,
    photometric_loss,
    squared_length,
    uneven_reflectance,
)


def pictures(*colours: tuple[float, float, float]) -> Tensor:
    """One picture, one row high, a pixel for each colour."""
    return torch.tensor(colours, dtype=torch.float32).T[None, :, None]


def test_photometric_by_hand():
    # Distances 5 (a 3-4-0 triangle), 1 and 9, weighed 1, 0.5 and 0: 5.5 / 1.5.
    rendered = pictures((3, 4, 0), (1, 0, 0), (9, 0, 0))
    attention = torch.tensor([[[1.0, 0.5, 0.0]]])
    assert float(photometric_loss(rendered, torch.zeros(1, 3, 1, 3), attention)) == pytest.approx(5.5 / 1.5, rel=1e-6)


def test_photometric_divides_by_one_at_least_and_is_a_thousandth_where_nothing_differs():
    # sqrt(1e-6) = 1e-3, over two pixels of weight 0.2: 4e-4 / max(0.4, 1).
    same = torch.full((1, 3, 1, 2), 0.5)
    assert float(photometric_loss(same, same, torch.full((1, 1, 2), 0.2))) == pytest.approx(4e-4)
    assert float(photometric_loss(same, same, torch.zeros(1, 1, 2))) == 0


def test_photometric_is_one_mean_over_the_batch_not_a_mean_of_means():
    rendered = torch.cat([pictures((1, 0, 0), (1, 0, 0)), pictures((0, 2, 0), (0, 2, 0))])
    attention = torch.tensor([[[1.0, 1.0]], [[1.0, 0.0]]])
    assert float(photometric_loss(rendered, 0 * rendered, attention)) == pytest.approx(4 / 3, rel=1e-6)


def test_photometric_gradient_also_at_equal_colours():
    generator = torch.Generator().manual_seed(0)
    photo = torch.rand(2, 3, 2, 2, generator=generator, dtype=torch.float64)
    attention = torch.rand(2, 2, 2, generator=generator, dtype=torch.float64)
    rendered = torch.rand(2, 3, 2, 2, generator=generator, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda r: photometric_loss(r, photo, attention), rendered)
    same = photo.clone().requires_grad_()
    photometric_loss(same, photo, attention).backward()
    assert same.grad is not None
    assert not same.grad.any()


def test_landmarks_that_weigh_twenty():
    heavy = [i for i, w in enumerate(landmark_weights().tolist()) if w == 20]
    assert heavy == [28, 29, 30, *range(60, 68)]
    assert float(landmark_weights().sum()) == 57 + 11 * 20


def test_landmark_loss_by_hand():
    # Landmark 0 off by (3, 4), landmark 30 by (1, 0): (25 + 20) / 68, halved by a second face without error.
    target = torch.rand(2, 68, 2, generator=torch.Generator().manual_seed(0)) * 224
    predicted = target.clone()
    predicted[0, 0] += torch.tensor([3.0, 4.0])
    predicted[0, 30, 0] += 1
    value = float(landmark_loss(predicted, target, landmark_weights()))
    assert value == pytest.approx(45 / 136, rel=1e-4)


def test_feature_loss_by_hand():
    features = torch.tensor([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    photo = torch.tensor([[1.0, 0.0]] * 3)
    torch.testing.assert_close(cosine_distance(features, photo), torch.tensor([0.0, 1.0, 2.0]))
    assert float(feature_loss(features, photo)) == pytest.approx(1.0)


def test_regularisers_by_hand():
    assert float(squared_length(torch.tensor([[3.0, 4.0], [0.0, 1.0]]))) == pytest.approx(13.0)
    # One coefficient of nine is 3, 0, 0 in RGB: variance 2, over nine.
    light = torch.zeros(1, 3, 9)
    light[0, 0, 4] = 3
    assert float(coloured_light(light)) == pytest.approx(2 / 9)
    assert float(coloured_light(torch.rand(2, 1, 9).expand(2, 3, 9))) == pytest.approx(0, abs=1e-12)


def test_reflectance_looks_at_skin_alone():
    # Of skin, red is 0 and 1: variance a quarter. The third vertex is an eye.
    albedo = torch.tensor([[[0.0, 0.5, 0.5], [1.0, 0.5, 0.5], [0.0, 0.0, 0.0]]])
    assert float(uneven_reflectance(albedo, torch.tensor([True, True, False]))) == pytest.approx(0.25)


def faces(seed: int = 0) -> tuple[PredictedFace, SeenFace, Tensor]:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    predicted = PredictedFace(
        picture=draw(2, 3, 4, 4),
        coverage=draw(2, 4, 4),
        landmarks_px=draw(2, 68, 2),
        identity=draw(2, 5),
        expression=draw(2, 4),
        albedo=draw(2, 3),
        light=draw(2, 3, 9),
        colours=draw(2, 6, 3),
        features=draw(2, 8),
    )
    return predicted, SeenFace(draw(2, 3, 4, 4), draw(2, 4, 4), draw(2, 68, 2), draw(2, 8)), draw(6) > 0.3


def test_the_total_has_the_published_factors():
    predicted, seen, skin = faces()
    loss = weak_loss(predicted, seen, skin)
    lengths = [squared_length(v) for v in (predicted.identity, predicted.expression, predicted.albedo)]
    prior = 1.0 * lengths[0] + 0.8 * lengths[1] + 1.7e-2 * lengths[2]
    expected = (
        0.2 * feature_loss(predicted.features, seen.features)  # type: ignore[arg-type]
        + 1.92 * photometric_loss(predicted.picture, seen.picture, seen.skin * predicted.coverage)
        + 1.6e-3 * landmark_loss(predicted.landmarks_px, seen.landmarks_px, landmark_weights().double())
        + 3e-4 * prior
        + 10 * coloured_light(predicted.light)
        + 5 * uneven_reflectance(predicted.colours, skin)
    )
    torch.testing.assert_close(loss.total, expected)
    torch.testing.assert_close(loss.coefficient, prior)


@pytest.mark.parametrize("term", ["feature", "photometric", "landmark", "coefficient", "light", "reflectance"])
def test_each_factor_moves_its_own_term(term: str):
    predicted, seen, skin = faces()
    without = weak_loss(predicted, seen, skin, replace(WeakWeights(), **{term: 0.0}))
    whole = weak_loss(predicted, seen, skin)
    torch.testing.assert_close(whole.total - without.total, getattr(WeakWeights(), term) * getattr(whole, term))


def test_without_features_the_rest_stands():
    predicted, seen, skin = faces()
    loss = weak_loss(replace(predicted, features=None), seen, skin)
    assert float(loss.feature) == 0
    torch.testing.assert_close(loss.total, weak_loss(predicted, seen, skin, WeakWeights(feature=0.0)).total)


def test_gradient():
    predicted, seen, skin = faces()
    names = ("picture", "landmarks_px", "identity", "expression", "albedo", "light", "colours", "features")
    start = [getattr(predicted, name).clone().requires_grad_() for name in names]

    def total(*values: Tensor) -> Tensor:
        return weak_loss(replace(predicted, **dict(zip(names, values, strict=True))), seen, skin).total

    assert torch.autograd.gradcheck(total, start)


def test_where_the_face_is_rendered_is_constant():
    predicted, seen, skin = faces()
    coverage = predicted.coverage.clone().requires_grad_()
    picture = predicted.picture.clone().requires_grad_()
    weak_loss(replace(predicted, coverage=coverage, picture=picture), seen, skin).total.backward()
    assert coverage.grad is None
    assert picture.grad is not None
