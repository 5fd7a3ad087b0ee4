"""Products of normal laws, one by one and all at once."""

import math
from functools import reduce
from operator import add

import pytest
import torch

from manyfaces.heads.evidence import IdentityEvidence, NormalLaw

PICTURES, COEFFICIENTS = 200, 6


@pytest.fixture(scope="module")
def laws() -> NormalLaw:
    generator = torch.Generator().manual_seed(0)
    std = 0.2 + 0.8 * torch.rand(PICTURES, COEFFICIENTS, generator=generator)
    return NormalLaw(torch.randn(PICTURES, COEFFICIENTS, generator=generator), std)


@pytest.fixture(scope="module")
def one_by_one(laws: NormalLaw) -> IdentityEvidence:
    return reduce(add, (IdentityEvidence.of(NormalLaw(m, s)) for m, s in zip(laws.mean, laws.std, strict=True)))


@pytest.mark.parametrize("correlation", [0.0, 0.2, 1.0])
def test_one_by_one_is_all_at_once(laws: NormalLaw, one_by_one: IdentityEvidence, correlation: float) -> None:
    once, streamed = IdentityEvidence.of(laws).law(correlation), one_by_one.law(correlation)
    assert one_by_one.n == PICTURES
    assert torch.allclose(streamed.mean, once.mean, rtol=0, atol=1e-9)
    assert torch.allclose(streamed.std, once.std, rtol=0, atol=1e-9)


def test_two_readings_of_one_number_by_hand() -> None:
    # Two measurements, 1 and 3, with noise variances 1/2 and 1/4, of a unit normal number.
    posterior = [
        NormalLaw(torch.tensor([p * y / (1 + p)]), torch.tensor([(1 + p) ** -0.5])) for p, y in ((2, 1), (4, 3))
    ]
    law = (IdentityEvidence.of(posterior[0]) + IdentityEvidence.of(posterior[1])).law()
    assert law.mean.item() == pytest.approx((2 * 1 + 4 * 3) / (1 + 2 + 4), rel=1e-6)
    assert law.std.item() == pytest.approx(1 / math.sqrt(7), rel=1e-6)


def test_the_same_picture_again_and_again_says_no_more(laws: NormalLaw) -> None:
    picture = NormalLaw(laws.mean[0], laws.std[0])
    alike = reduce(add, [IdentityEvidence.of(picture)] * 9).law(correlation=1.0)
    assert torch.allclose(alike.mean, picture.mean.double(), atol=1e-6)
    assert torch.allclose(alike.std, picture.std.double(), atol=1e-6)


def test_a_picture_that_says_nothing_changes_nothing_but_the_count(one_by_one: IdentityEvidence) -> None:
    nothing = IdentityEvidence.of(NormalLaw(torch.zeros(COEFFICIENTS), torch.ones(COEFFICIENTS)))
    law, before = (one_by_one + nothing).law(), one_by_one.law()
    assert torch.equal(law.mean, before.mean)
    assert torch.equal(law.std, before.std)
