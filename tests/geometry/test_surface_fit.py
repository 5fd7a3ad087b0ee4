"""Surfaces moved onto points whose motion is known."""

import math

import pytest
import torch

from manyfaces.geometry import Similarity, SurfaceTree, fit_surface, matrix_from_axis_angle


def bumps() -> tuple[torch.Tensor, torch.Tensor]:
    """A bumpy square, 100 mm wide, that looks like itself from no other place."""
    n = 24
    side = torch.linspace(-50, 50, n, dtype=torch.float64)
    x, y = torch.meshgrid(side, side, indexing="ij")
    z = 12 * torch.sin(x / 13 + 1) * torch.cos(y / 17) - x * x / 90 - y * y / 150
    ids = torch.arange(n * n).reshape(n, n)
    a, b, c, d = ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]
    faces = torch.cat([torch.stack([a, b, c], -1).flatten(0, 1), torch.stack([a, c, d], -1).flatten(0, 1)])
    return torch.stack([x, y, z], -1).flatten(0, 1), faces


def similarity(scale: float, turn: list[float], translation: list[float]) -> Similarity:
    turned = matrix_from_axis_angle(torch.tensor(turn, dtype=torch.float64))
    as_double = torch.tensor(translation, dtype=torch.float64)
    return Similarity(torch.tensor(scale, dtype=torch.float64), turned, as_double)


STILL = similarity(1.0, [0.0, 0.0, 0.0], [0.0, 0.0, 0.0])


def inner_points(vertices: torch.Tensor) -> torch.Tensor:
    """Away from the border, where a surface that is a little off still has its place."""
    return vertices[(vertices[:, :2].abs() < 35).all(-1)]


@pytest.mark.parametrize("far", [0.0, 1e4])
@pytest.mark.parametrize("with_scale", [True, False])
def test_a_motion_is_found_again(with_scale: bool, far: float) -> None:
    vertices, faces = bumps()
    motion = similarity(1.05 if with_scale else 1.0, [0.05, -0.04, 0.06], [2.0 + far, -1.5, 3.0])
    start = similarity(1.0, [0.0, 0.0, 0.0], [far, 0.0, 0.0])
    points = motion.apply(inner_points(vertices))
    found = fit_surface(points, SurfaceTree(vertices, faces), start, with_scale, tolerance=1e-12)
    assert found.distances.max() < 1e-5
    torch.testing.assert_close(found.motion.apply(vertices), motion.apply(vertices), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.motion.rotation.mT @ found.motion.rotation, torch.eye(3, dtype=torch.float64))


def test_without_scale_it_is_kept() -> None:
    vertices, faces = bumps()
    start = similarity(0.9, [0.0, 0.0, 0.0], [0.0, 0.0, 0.0])
    found = fit_surface(inner_points(vertices), SurfaceTree(vertices, faces), start, with_scale=False)
    assert float(found.motion.scale) == 0.9
    assert found.distances.max() > 0.1


def test_two_levels_are_met_in_the_middle() -> None:
    # Points 1 and 3 above a plane: the best plane lies at 2, and every point stays 1 away.
    vertices = torch.tensor([[-9.0, -9, 0], [9, -9, 0], [0, 9, 0]], dtype=torch.float64)
    ring = torch.arange(8) * math.pi / 4
    flat = torch.stack([ring.cos(), ring.sin()], -1).double()
    points = torch.cat([torch.nn.functional.pad(flat, (0, 1), value=v) for v in (1.0, 3.0)])
    found = fit_surface(points, SurfaceTree(vertices, torch.tensor([[0, 1, 2]])), STILL, False, tolerance=1e-12)
    torch.testing.assert_close(found.distances, torch.ones(16, dtype=torch.float64))


def test_where_it_fits_already_nothing_is_done() -> None:
    # Corners have barycentrics of exactly one: no rounding.
    vertices, faces = bumps()
    found = fit_surface(vertices, SurfaceTree(vertices, faces), STILL)
    assert found.n_steps == 0
    assert found.motion is STILL


def test_a_coarser_tolerance_stops_earlier_and_never_ends_worse_than_it_began() -> None:
    vertices, faces = bumps()
    surface, points = SurfaceTree(vertices, faces), similarity(1.1, [0.1, 0, 0.1], [4, 4, 0]).apply(vertices)
    before = surface.closest(points).distances.square().sum()
    coarse, fine = (fit_surface(points, surface, STILL, tolerance=t) for t in (0.5, 1e-9))
    assert coarse.n_steps < fine.n_steps
    assert fine.distances.square().sum() < coarse.distances.square().sum() < before


def test_a_surface_that_is_a_point_goes_between_the_points() -> None:
    # Turning and scaling it is the same as moving it: the normal equations are singular.
    vertices = torch.ones(3, 3, dtype=torch.float64)
    points = torch.tensor([[0.0, 0, 0], [4, 0, 0]], dtype=torch.float64)
    found = fit_surface(points, SurfaceTree(vertices, torch.tensor([[0, 1, 2]])), STILL, tolerance=1e-9)
    assert found.distances.square().sum() < 8.1  # 8 in the middle, 14 before
