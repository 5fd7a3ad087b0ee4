import pytest
import torch

from manyfaces.losses import (
    EYELID_PAIRS,
    LIP_PAIRS,
    MOUTH_PAIRS,
    exchange_rows,
    inner_weights,
    jaw_and_inner_weights,
    pair_distance_loss,
    weighted_landmark_loss,
)


def points(seed: int = 0) -> torch.Tensor:
    return 100 * torch.rand(68, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_weights():
    weights = jaw_and_inner_weights()
    by_weight = {w: [i for i, each in enumerate(weights.tolist()) if each == w] for w in (1, 1.5, 2, 3)}
    assert by_weight[3] == [30, 31, 35, 48, 54]
    assert by_weight[2] == [5, 6, 10, 11]
    assert by_weight[1.5] == [27, 28, 29, 32, 33, 34, *range(49, 54), *range(55, 68)]
    assert len(by_weight[1]) == 68 - 5 - 4 - 24
    assert not inner_weights()[:17].any()
    assert torch.equal(inner_weights()[17:], weights[17:])


def test_weighted_landmarks_by_hand():
    # Off by 3 + 4 with weight 2 and by 1 with weight 1: 15 over twice the sum of the weights, 3.
    target = torch.zeros(3, 2)
    predicted = torch.tensor([[3.0, -4.0], [1.0, 0.0], [50.0, 50.0]])
    assert float(weighted_landmark_loss(predicted, target, torch.tensor([2.0, 1.0, 0.0]))) == pytest.approx(15 / 6)
    assert float(weighted_landmark_loss(predicted, target, torch.zeros(3))) == 0
    each = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert float(weighted_landmark_loss(predicted.expand(2, -1, -1), target.expand(2, -1, -1), each)) == 15 / 6


def test_pairs_do_not_feel_shifts_and_turns():
    target, turn = points(), torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
    pairs = EYELID_PAIRS + LIP_PAIRS
    assert float(pair_distance_loss(target @ turn + 7, target, pairs)) == pytest.approx(0, abs=1e-9)
    # A mouth that opens by 6: only three of the seven pairs are the lips'.
    opened, closed = torch.zeros(68, 2), torch.zeros(68, 2)
    opened[[67, 66, 65], 1] = 6
    assert float(pair_distance_loss(opened, closed, pairs)) == pytest.approx(3 * 6 / 7)
    assert float(pair_distance_loss(opened, closed, MOUTH_PAIRS)) == pytest.approx(3 * 6 / 7)
    assert len({i for pair in pairs for i in pair}) == 14


def test_pair_gradients_also_where_lips_touch():
    predicted = torch.zeros(68, 2, requires_grad=True)
    pair_distance_loss(predicted, points().float(), LIP_PAIRS).backward()
    assert predicted.grad is not None
    assert predicted.grad.isfinite().all()
    start = points(1).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: pair_distance_loss(p, points(), EYELID_PAIRS), start)


def test_exchange_takes_the_next_frame_of_the_person():
    assert exchange_rows(torch.tensor([0, 1, 0, 1, 0])).tolist() == [2, 3, 4, 1, 0]
    assert exchange_rows(torch.tensor([7, 7, 3])).tolist() == [1, 0, 2]  # alone: their own


def test_exchange_changes_nothing_where_a_person_has_one_code():
    person = torch.tensor([4, 4, 1, 4, 1, 9])
    codes = torch.randn(10, 8, generator=torch.Generator().manual_seed(0))[person]
    assert torch.equal(codes[exchange_rows(person)], codes)


@pytest.mark.parametrize("seed", range(5))
def test_a_drawn_exchange_is_one_cycle_through_each_person(seed: int):
    person = torch.tensor([0, 1, 0, 2, 1, 0, 0, 1])
    rows = exchange_rows(person, torch.Generator().manual_seed(seed))
    assert torch.equal(person[rows], person)
    assert sorted(rows.tolist()) == list(range(8))
    at, cycle = 0, []
    for _ in range(4):
        at = int(rows[at])
        cycle.append(at)
    assert sorted(cycle) == [0, 2, 5, 6]
    assert int(rows[3]) == 3


def test_draws_differ():
    person = torch.zeros(9, dtype=torch.long)
    drawn = {tuple(exchange_rows(person, torch.Generator().manual_seed(s)).tolist()) for s in range(4)}
    assert len(drawn) == 4
