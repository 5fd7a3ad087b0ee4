import math

import torch

from manyfaces.render import DEFAULT_LIGHT, ambient_light, distant_light, shade, spherical_harmonics


def directions(count):
    """Points spread evenly over the sphere (Fibonacci lattice)."""
    k = torch.arange(count, dtype=torch.float64) + 0.5
    z, turn = 1 - 2 * k / count, math.pi * (1 + 5**0.5) * k
    flat = (1 - z * z).sqrt()
    return torch.stack([flat * turn.cos(), flat * turn.sin(), z], -1)


def test_basis_is_orthonormal():
    basis = spherical_harmonics(directions(20000))
    gram = basis.T @ basis * (4 * math.pi / 20000)
    torch.testing.assert_close(gram, torch.eye(9, dtype=torch.float64), atol=1e-3, rtol=0)


def test_ambient_light_shows_the_albedo():
    albedo = torch.tensor([[0.2, 0.5, 0.8]])
    lit = shade(albedo, torch.tensor([[0.0, 0.6, 0.8]]), ambient_light((1.0, 1.0, 1.0)))
    torch.testing.assert_close(lit, albedo)


def test_distant_light_is_the_best_second_order_lamp():
    # The cosine lobe's own projection onto the basis, integrated numerically.
    towards = torch.tensor([0.6, 0.0, 0.8], dtype=torch.float64)
    around = directions(50000)
    lobe = (around @ towards).clamp(min=0)
    basis = spherical_harmonics(around)
    projected = basis @ (basis.T @ lobe * (4 * math.pi / 50000))
    lit = shade(torch.ones(50000, 3).double(), around, distant_light((0.6, 0.0, 0.8), (1.0, 1.0, 1.0)).double())
    torch.testing.assert_close(lit[:, 0], projected.clamp(min=0), atol=2e-3, rtol=0)


def test_default_light_comes_from_the_upper_left_and_leaves_nothing_black():
    around = directions(2000).float()
    lit = shade(torch.ones(2000, 3), around, DEFAULT_LIGHT)
    brightest = around[lit.sum(-1).argmax()]
    assert brightest[0] < 0
    assert brightest[1] > 0
    assert brightest[2] > 0
    assert 0.9 < lit.max() < 1.4
    assert lit[around[:, 2] > 0.2].min() > 0.05


def test_gradients():
    normals = directions(5).requires_grad_()
    light = DEFAULT_LIGHT.double().requires_grad_()
    albedo = torch.full((5, 3), 0.5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(shade, (albedo, normals, light))
