import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from manyfaces.core.errors import ChoiceError
from manyfaces.losses import AgreementForm, agreement_loss, printed_agreement, resolved_agreement


def one_hot(*rows: int) -> Tensor:
    return torch.eye(7, dtype=torch.float64)[list(rows)]


def star() -> Tensor:
    angle = 2 * math.pi * torch.arange(7, dtype=torch.float64) / 7
    return torch.stack([angle.cos(), angle.sin()], -1)


VECTORS = {
    "identical, one axis": (one_hot(*[0] * 7), math.sqrt(7), 1.0),  # 2.645751
    "identical, all axes alike": (torch.full((7, 7), 7**-0.5, dtype=torch.float64), 1.0, 1.0),
    "orthonormal": (one_hot(*range(7)), 1 / 7, 1 / 7),
    "all around": (star(), 0.0, 0.0),
    "four and three": (one_hot(0, 0, 0, 0, 1, 1, 1), 25 / (7 * (2 + math.sqrt(3))), 25 / 49),  # 0.956961, 0.510204
}


@pytest.mark.parametrize(("features", "printed", "resolved"), VECTORS.values(), ids=VECTORS.keys())
def test_vectors(features: Tensor, printed: float, resolved: float):
    assert float(printed_agreement(features)) == pytest.approx(printed, abs=1e-12)
    assert float(resolved_agreement(features)) == pytest.approx(resolved, abs=1e-12)


def random_features(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_only_the_resolved_form_does_not_care_how_the_space_is_turned():
    features = normalize(random_features(128), dim=0).expand(7, 128)
    turn = torch.linalg.qr(random_features(128, 128)).Q
    assert float(resolved_agreement(features @ turn)) == pytest.approx(float(resolved_agreement(features)), abs=1e-12)
    assert abs(float(printed_agreement(features @ turn) - printed_agreement(features))) > 1e-4


def test_neither_form_cares_for_scale_and_the_resolved_one_stays_within_its_bounds():
    features = random_features(20, 7, 16) + 0.5
    for form in (printed_agreement, resolved_agreement):
        torch.testing.assert_close(form(3 * features), form(features))
    agreement = resolved_agreement(features)
    assert float(agreement.min()) >= 0
    assert float(agreement.max()) <= 1


def test_the_loss_is_the_mean_over_people():
    people = torch.stack([one_hot(*[0] * 7), one_hot(*range(7))])
    assert float(agreement_loss(people)) == pytest.approx((0 + 6 / 7) / 2)
    assert float(agreement_loss(people, "printed")) == pytest.approx((math.sqrt(7) + 1 / 7) / 2)


@pytest.mark.parametrize(("form", "cosine"), [("printed", -1 / 6), ("resolved", 1.0)])
def test_descent_drives_faces_apart_as_printed_and_together_as_resolved(form: AgreementForm, cosine: float):
    features = normalize(random_features(1, 16) + 0.45 * random_features(7, 16), dim=-1).requires_grad_()
    optimiser = torch.optim.Adam([features], lr=0.02)
    for _ in range(400):
        optimiser.zero_grad()
        agreement_loss(normalize(features, dim=-1), form).backward()
        optimiser.step()
    gram = normalize(features.detach(), dim=-1) @ normalize(features.detach(), dim=-1).mT
    assert float((gram.sum() - 7) / 42) == pytest.approx(cosine, abs=2e-3)


@pytest.mark.parametrize("form", ["printed", "resolved"])
def test_gradient(form: AgreementForm):
    features = random_features(2, 7, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: agreement_loss(f, form), features)


@pytest.mark.parametrize("form", ["printed", "resolved"])
def test_features_that_vanish_give_no_nan(form: AgreementForm):
    features = torch.zeros(7, 4, requires_grad=True)
    agreement_loss(features, form).backward()
    assert features.grad is not None
    assert bool(features.grad.isfinite().all())


def test_another_form_lists_both():
    with pytest.raises(ChoiceError, match="valid: resolved, printed"):
        agreement_loss.__wrapped__(torch.ones(7, 2), "cosine")  # type: ignore[attr-defined]
