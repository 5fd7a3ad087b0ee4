import math

import pytest
import torch

from manyfaces.losses import best_candidate_cross_entropy, listwise_cross_entropy, noise_l1, noise_mse


def test_noise_l1():
    assert float(noise_l1(torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 2.0]]))) == pytest.approx(2.5)


def test_noise_mse():
    assert float(noise_mse(torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 2.0]]))) == pytest.approx(8.5)


def test_best_candidate_by_hand():
    # The nearest with logit ln 3 (p = 3/4), the other with 0 (p = 1/2): -(ln 3/4 + ln 1/2) / 2.
    scores, distance = torch.tensor([[0.0, math.log(3.0)]]), torch.tensor([[2.0, 1.0]])
    expected = -(math.log(0.75) + math.log(0.5)) / 2
    assert float(best_candidate_cross_entropy(scores, distance)) == pytest.approx(expected)


def test_listwise_by_hand():
    # distances 0 and ln 3 mm: target 3/4, 1/4; equal scores: cross entropy ln 2.
    distance = torch.tensor([[0.0, math.log(3.0)]])
    assert float(listwise_cross_entropy(torch.zeros(1, 2), distance)) == pytest.approx(math.log(2))
    scores = torch.tensor([[2.0, 0.0]])
    expected = -(0.75 * 2.0 - math.log(math.exp(2.0) + 1))
    assert float(listwise_cross_entropy(scores, distance)) == pytest.approx(expected, rel=1e-6)


def test_listwise_prefers_the_nearest():
    distance = torch.tensor([[0.1, 0.9, 2.0]])
    right, wrong = torch.tensor([[3.0, 0.0, -3.0]]), torch.tensor([[-3.0, 0.0, 3.0]])
    assert listwise_cross_entropy(right, distance) < listwise_cross_entropy(wrong, distance)
    scores = torch.zeros(1, 3, requires_grad=True)
    listwise_cross_entropy(scores, distance).backward()
    assert scores.grad is not None
    assert scores.grad[0, 0] < 0 < scores.grad[0, 2]  # descent raises the nearest, lowers the farthest


def test_listwise_temperature_sharpens():
    distance = torch.tensor([[0.0, 0.1]])
    scores = torch.tensor([[5.0, 0.0]])
    assert listwise_cross_entropy(scores, distance, 0.01) < listwise_cross_entropy(scores, distance, 1.0)
