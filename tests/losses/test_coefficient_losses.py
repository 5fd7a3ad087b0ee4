import pytest
import torch

from manyfaces.core.errors import ChoiceError
from manyfaces.losses import coefficient_l1, coefficient_se, per_coefficient

GROUPS = {"identity": slice(0, 80), "expression": slice(80, 144), "translation": slice(254, 257)}


def test_a_tenth_everywhere():
    target = torch.zeros(257)
    assert float(coefficient_se(target + 0.1, target)) == pytest.approx(0.01)


def test_one_coefficient_off_by_one():
    target = torch.randn(257, generator=torch.Generator().manual_seed(0))
    predicted = target.clone()
    predicted[254] += 1
    assert float(coefficient_se(predicted, target)) == pytest.approx(0.00389105, rel=1e-5)  # 1 / 257


def test_a_batch_gives_the_mean_of_its_rows():
    predicted = torch.stack([torch.full((257,), 0.1), torch.full((257,), 0.3)])
    assert float(coefficient_se(predicted, torch.zeros(2, 257))) == pytest.approx((0.01 + 0.09) / 2)


def test_whitened_and_weighted_by_hand():
    # ((2 / 2)^2 x 3 + (3 / 0.5)^2 x 0.25) / 2 = (3 + 9) / 2
    value = coefficient_se(
        torch.tensor([2.0, 3.0]), torch.zeros(2), deviation=torch.tensor([2.0, 0.5]), weights=torch.tensor([3.0, 0.25])
    )
    assert float(value) == pytest.approx(6.0)


def test_ones_change_nothing():
    predicted, target = torch.randn(2, 4, 7, generator=torch.Generator().manual_seed(1))
    ones = torch.ones(7)
    torch.testing.assert_close(coefficient_se(predicted, target, ones, ones), coefficient_se(predicted, target))


def test_the_teacher_gets_no_gradient():
    predicted, target = torch.ones(5, requires_grad=True), torch.zeros(5, requires_grad=True)
    coefficient_se(predicted, target).backward()
    assert target.grad is None
    assert predicted.grad is not None
    torch.testing.assert_close(predicted.grad, torch.full((5,), 2 / 5))


def test_numbers_of_groups_are_spread():
    spread = per_coefficient(GROUPS, {"translation": 20, "identity": 0.5}, otherwise=1)
    assert spread.shape == (257,)
    assert (spread[:80] == 0.5).all()
    assert (spread[80:254] == 1).all()
    assert (spread[254:] == 20).all()


def test_an_unknown_group_lists_the_known():
    with pytest.raises(ChoiceError, match=r"'pose'.*valid: identity, expression, translation"):
        per_coefficient(GROUPS, {"pose": 2.0})


def test_the_absolute_error_is_a_mean_over_coefficients():
    target = torch.zeros(2, 4)
    predicted = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 6.0]])
    assert float(coefficient_l1(predicted, target)) == 1.0
