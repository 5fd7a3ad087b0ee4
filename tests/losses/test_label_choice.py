import pytest
import torch

from manyfaces.core.errors import ChoiceError
from manyfaces.losses import choose_label, label_loss

PHOTO = torch.tensor([1.0, 0.0])
RENDERED = torch.tensor([[1.0, 1.0], [2.0, 0.2], [0.0, 1.0]])
LABELS = torch.tensor([[9.0, 9.0, 9.0], [1.0, 2.0, 2.0], [-9.0, 0.0, 0.0]])


def test_the_nearest_render_gives_the_label():
    choice = choose_label(RENDERED, PHOTO)
    torch.testing.assert_close(choice.distance, torch.tensor([0.292893, 0.004963, 1.0]), atol=1e-6, rtol=0)
    assert int(choice.index) == 1
    assert float(label_loss(torch.zeros(7, 3), choice.of(LABELS))) == pytest.approx(21.0, rel=1e-6)
    assert float(label_loss(torch.zeros(7, 3), choice.of(LABELS), "mean")) == pytest.approx(3.0, rel=1e-6)


def test_the_length_of_features_changes_nothing():
    scaled = RENDERED * torch.tensor([[1.0], [1.0], [10.0]])
    torch.testing.assert_close(choose_label(scaled, PHOTO).distance, choose_label(RENDERED, PHOTO).distance)


def test_each_person_of_a_batch_gets_a_label_of_their_own():
    photos = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    choice = choose_label(RENDERED.expand(2, 3, 2), photos)
    assert choice.index.tolist() == [1, 2]
    labels = LABELS.expand(2, 3, 3)
    assert choice.of(labels).tolist() == [LABELS[1].tolist(), LABELS[2].tolist()]
    # |(1, 2, 2)| = 3 and |(-9, 0, 0)| = 9, seven views each.
    assert float(label_loss(torch.zeros(2, 7, 3), choice.of(labels))) == pytest.approx(7 * (3 + 9) / 2)


def test_of_equal_ones_the_first():
    assert int(choose_label(torch.ones(7, 4), torch.ones(4)).index) == 0


def test_neither_label_nor_choice_lets_a_gradient_through():
    labels, rendered = LABELS.clone().requires_grad_(), RENDERED.clone().requires_grad_()
    predicted = torch.zeros(7, 3, requires_grad=True)
    label_loss(predicted, choose_label(rendered, PHOTO).of(labels)).backward()
    assert labels.grad is None
    assert rendered.grad is None
    assert predicted.grad is not None
    # The norm is not squared: its gradient has length one, however far the label is.
    torch.testing.assert_close(torch.linalg.vector_norm(predicted.grad, dim=-1), torch.ones(7))


def test_a_view_that_has_reached_the_label_has_no_gradient_and_no_nan():
    predicted = torch.tensor([[1.0, 2.0, 2.0]] * 7).requires_grad_()
    label_loss(predicted, LABELS[1]).backward()
    assert predicted.grad is not None
    assert not predicted.grad.any()


def test_gradient():
    predicted = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    label = torch.zeros(2, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda p: label_loss(p, label), predicted)


def test_another_reduction_lists_both():
    with pytest.raises(ChoiceError, match="valid: sum, mean"):
        label_loss.__wrapped__(torch.zeros(7, 3), LABELS[1], "max")  # type: ignore[attr-defined]
