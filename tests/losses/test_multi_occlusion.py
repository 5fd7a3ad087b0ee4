import pytest
import torch

from manyfaces.losses import MultiOcclusionWeights, multi_occlusion_loss


def test_a_fifth_and_four_fifths():
    loss = multi_occlusion_loss(torch.tensor(0.5), torch.tensor(21.0))
    assert float(loss.total) == pytest.approx(0.2 * 0.5 + 0.8 * 21.0)
    assert (float(loss.perceptual), float(loss.label)) == (0.5, 21.0)


def test_beside_a_sum_over_seven_views_the_perceptual_term_is_less_than_a_hundredth():
    # At most 1, beside seven labels that are three standard deviations away.
    assert float(multi_occlusion_loss(torch.tensor(1.0), torch.tensor(21.0)).perceptual_share) < 0.012
    assert float(multi_occlusion_loss(torch.tensor(1.0), torch.tensor(35.0)).perceptual_share) < 0.01
    assert float(multi_occlusion_loss(torch.tensor(1.0), torch.tensor(3.0)).perceptual_share) == pytest.approx(1 / 13)


def test_a_term_of_weight_zero_has_no_gradient():
    perceptual, label = torch.tensor(0.5, requires_grad=True), torch.tensor(21.0, requires_grad=True)
    multi_occlusion_loss(perceptual, label, MultiOcclusionWeights(perceptual=1.0, label=0.0)).total.backward()
    assert perceptual.grad is not None
    assert label.grad is not None
    assert (float(perceptual.grad), float(label.grad)) == (1.0, 0.0)
