import pytest
import torch

from manyfaces.methods.ofer.point_encoder import Modes, Observations, PointEncoder, PointEncoderConfig

CONFIG = PointEncoderConfig(
    widths=(32, 16), n_points=20, n_point_modes=6, n_depth_modes=3, n_hidden_modes=4, n_shift_modes=5,
    n_error_modes=5, n_cells=4, n_identity=7, n_expression=6,
)  # fmt: skip


def _observations(n, seed=0):
    g = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=g)

    return Observations(draw(n, 20, 2), draw(n, 20), draw(n, 4, 4).sigmoid(), draw(n, 20).sigmoid(), draw(n).sigmoid())


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    model = PointEncoder(CONFIG)
    seen = _observations(400)
    model.fit_statistics(seen, seen.points + 0.1, torch.randn(400, 16) * 3 + 1)
    return model


def test_modes_keep_what_lies_in_their_span():
    basis = torch.randn(3, 10, generator=torch.Generator().manual_seed(1))
    samples = torch.randn(500, 3, generator=torch.Generator().manual_seed(2)) @ basis + 5
    modes = Modes(10, 3)
    modes.fit(samples)
    whitened = modes(samples)
    torch.testing.assert_close(modes.back(whitened), samples, atol=1e-4, rtol=0)
    torch.testing.assert_close(whitened.T @ whitened / 500, torch.eye(3), atol=1e-3, rtol=0)


def test_shapes_and_positive_scales(encoder):
    found = encoder(_observations(3))
    assert found.condition.shape == (3, 16)
    assert found.points.shape == (3, 20, 2)
    assert (found.scale > 0).all()
    assert (found.identity.shape, found.expression.shape, found.jaw.shape) == ((3, 7), (3, 6), (3, 3))


def test_a_batch_equals_its_items(encoder):
    seen = _observations(4)
    torch.testing.assert_close(encoder(seen).points[2:3], encoder(seen.at(torch.tensor([2]))).points)


def test_it_learns_a_constant_shift():
    torch.manual_seed(0)
    model, seen = PointEncoder(CONFIG), _observations(400)
    shift = torch.linspace(-0.2, 0.2, 40).view(20, 2)
    truth = torch.randn(400, 16)
    model.fit_statistics(seen, seen.points + shift, truth)
    with torch.no_grad():
        model.shift_head.weight.zero_()
        model.shift_head.bias.zero_()
    torch.testing.assert_close(model(seen).points, seen.points + shift, atol=1e-5, rtol=0)


def test_gradients_reach_every_weight(encoder):
    seen = _observations(8)
    encoder.loss(seen, seen.points + 0.1, torch.randn(8, 16)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())


def test_drawn_errors_have_the_measured_covariance(encoder):
    seen = _observations(400)
    common = torch.randn(400, 1, 2, generator=torch.Generator().manual_seed(3))
    found = encoder(seen)
    with torch.no_grad():
        encoder.fit_errors(seen, found.points + found.scale[..., None] * common)
    drawn = encoder.draw_errors(4000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(drawn[:, 3], drawn[:, 11], atol=1e-3, rtol=0)  # the errors are common to all points
    torch.testing.assert_close(drawn[:, 3].std(0), common[:, 0].std(0), atol=0.08, rtol=0)
