import dataclasses

import numpy as np
import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.core.seeds import numpy_generator
from manyfaces.data import ExpressionPrior, ExpressionShares
from manyfaces.heads import HeadModel


def _draw(prior, n=200):
    drawn = [prior.sample(numpy_generator(0, "draw", i)) for i in range(n)]
    return torch.stack([e for e, _ in drawn]), torch.stack([j for _, j in drawn])


def test_shares_are_kept(head):
    expression, jaw = _draw(ExpressionPrior(head, ExpressionShares(neutral=1.0, smile=0.0)), 5)
    assert expression.abs().max() == 0
    assert jaw.abs().max() == 0


def test_smiles_raise_the_corners_of_the_mouth(head):
    expression, _ = _draw(ExpressionPrior(head, ExpressionShares(neutral=0.0, smile=1.0)), 60)
    zero = torch.zeros(1, head.n_identity)
    rest = head.landmarks(head.neutral(zero), "468")[0]
    smiling = head.landmarks(head(zero.expand(60, -1), expression), "468").mean(0)
    corners, middle = [61, 291], [13, 14]
    rise = (smiling - rest)[corners, 1].mean() - (smiling - rest)[middle, 1].mean()
    assert rise > 0.001
    assert (smiling[291, 0] - smiling[61, 0]) > (rest[291, 0] - rest[61, 0]) + 0.002


def test_jaws_close_or_open_but_never_through_the_skull(prior):
    _, jaw = _draw(prior)
    assert jaw[:, 0].min() > -0.15
    assert jaw[:, 0].max() < 0.6


def test_a_seed_gives_the_same_expression(prior):
    first, second = (prior.sample(numpy_generator(3, "same")) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])


def test_a_head_without_samples_is_refused(head):
    bare = HeadModel(dataclasses.replace(head.data, expression_samples=None))
    with pytest.raises(InputError, match="no expression samples"):
        ExpressionPrior(bare)
