import pytest
import torch

from manyfaces.geometry import Similarity, fit_rigid, fit_similarity, project_to_rotation


def known(dims, batch=(4,)):
    generator = torch.Generator().manual_seed(dims)
    rotation = project_to_rotation(torch.randn(*batch, dims, dims, generator=generator, dtype=torch.float64))
    scale = 0.5 + torch.rand(batch, generator=generator, dtype=torch.float64)
    translation = torch.randn(*batch, dims, generator=generator, dtype=torch.float64)
    source = torch.randn(*batch, 10, dims, generator=generator, dtype=torch.float64)
    return Similarity(scale, rotation, translation), source


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("batch", [(), (4,), (2, 3)])
def test_recovers_a_known_transform(dims, batch):
    true, source = known(dims, batch)
    found = fit_similarity(source, true.apply(source))
    torch.testing.assert_close(found.scale, true.scale)
    torch.testing.assert_close(found.rotation, true.rotation)
    torch.testing.assert_close(found.translation, true.translation)
    torch.testing.assert_close(found.inverse().apply(true.apply(source)), source)


def test_mirrored_points_still_give_a_rotation():
    _, source = known(3)
    found = fit_similarity(source, source * torch.tensor([-1.0, 1, 1], dtype=torch.float64))
    assert (torch.linalg.det(found.rotation) > 0).all()
    assert (found.scale > 0).all()


def test_weight_zero_means_ignored():
    true, source = known(3)
    target = true.apply(source)
    target[:, 0] += 100
    weights = torch.ones(10, dtype=torch.float64)
    weights[0] = 0
    torch.testing.assert_close(fit_similarity(source, target, weights).rotation, true.rotation)


def test_rigid_fit_is_the_least_squares_optimum():
    true, source = known(3)
    target = true.apply(source) + 0.1 * torch.sin(source * 9)
    found = fit_rigid(source, target)
    assert (found.scale == 1).all()
    best = (found.apply(source) - target).square().sum()
    for k in range(20):
        nudge = 0.02 * torch.randn(4, 3, 3, generator=torch.Generator().manual_seed(k), dtype=torch.float64)
        other = Similarity(found.scale, project_to_rotation(found.rotation + nudge), found.translation)
        assert (other.apply(source) - target).square().sum() >= best


def test_coinciding_points_give_no_nan():
    found = fit_similarity(torch.zeros(5, 3), torch.ones(5, 3))
    torch.testing.assert_close(found.apply(torch.zeros(5, 3)), torch.ones(5, 3))


def test_gradient():
    _, source = known(3, ())
    target = (source * 1.5 + 0.3 * source.roll(1, 0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: fit_similarity(source, t).apply(source), (target,))
