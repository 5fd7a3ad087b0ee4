import pytest
import torch

from manyfaces.geometry import vertex_normals
from manyfaces.render import interpolate, rasterise
from manyfaces.render.pixels_numba import fast_vertex_normals

# Two overlapping triangles, off the pixel grid so that small nudges do not change which face is where.
POINTS = torch.tensor(
    [
        [-1.3, -0.7, 2.0],
        [9.4, 0.6, 1.1],
        [2.2, 8.3, 3.0],
        [5.1, -1.2, 1.4],
        [8.7, 7.9, 2.2],
        [-0.6, 5.2, 2.6],
    ],
    dtype=torch.float64,
)[None]
FACES = torch.tensor([[0, 1, 2], [3, 5, 4]])


@pytest.mark.parametrize("perspective", [False, True])
def test_gradients_of_points_and_attributes(perspective):
    attributes = torch.randn(1, 6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def draw(points, values):
        return interpolate(rasterise(points, FACES, (8, 9), "torch", perspective), FACES, values)

    assert rasterise(POINTS, FACES, (8, 9)).mask.sum() > 30
    inputs = (POINTS.clone().requires_grad_(), attributes.requires_grad_())
    assert torch.autograd.gradcheck(draw, inputs, eps=1e-7, atol=1e-6)


@pytest.mark.parametrize("backend", ["torch", "numba"])
def test_pixel_coordinates_interpolate_to_themselves(backend):
    fragments = rasterise(POINTS.float(), FACES, (8, 9), backend)
    places = interpolate(fragments, FACES, POINTS.float())[0]
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(9.0), indexing="ij")
    hit = fragments.mask[0]
    torch.testing.assert_close(places[..., 0][hit], x[hit], atol=1e-5, rtol=0)
    torch.testing.assert_close(places[..., 1][hit], y[hit], atol=1e-5, rtol=0)
    torch.testing.assert_close(places[..., 2][hit], fragments.depth[0][hit], atol=1e-5, rtol=0)
    assert (places[~hit] == 0).all()


def test_perspective_interpolates_on_the_surface():
    # A floor that runs away from the camera: on the picture's middle row lies not its middle but z = harmonic mean.
    x, z = torch.tensor([-1.0, 1.0, 1.0, -1.0]), torch.tensor([1.0, 1.0, 3.0, 3.0])
    points = torch.stack([10 + 9 * x / z, 1 + 9 / z, z], -1)[None]
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    fragments = rasterise(points, faces, (11, 21), perspective=True)
    depth = interpolate(fragments, faces, z[None, :, None])[0, ..., 0]
    rows = torch.arange(11.0)[:, None].expand(11, 21)
    hit = fragments.mask[0]
    assert hit.sum() > 50
    torch.testing.assert_close(depth[hit], 9 / (rows[hit] - 1))
    torch.testing.assert_close(fragments.depth[0][hit], depth[hit])


@pytest.mark.parametrize("perspective", [False, True])
def test_compiled_twins_equal_the_torch_ones(perspective):
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(3, 60, 3, generator=generator) * torch.tensor([40.0, 40.0, 2.0]) + torch.tensor([0, 0, 0.5])
    faces = torch.randint(0, 60, (50, 3), generator=generator)
    attributes = torch.randn(3, 60, 4, generator=generator)
    fast = rasterise(points, faces, (40, 41), perspective=perspective)
    tracked = rasterise(points.clone().requires_grad_(), faces, (40, 41), perspective=perspective)
    assert tracked.barycentrics.requires_grad
    torch.testing.assert_close(fast.barycentrics, tracked.barycentrics.detach(), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        interpolate(fast, faces, attributes), interpolate(tracked, faces, attributes).detach(), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(fast_vertex_normals(points, faces), vertex_normals(points, faces), atol=1e-4, rtol=0)


def test_face_without_area_keeps_gradients_finite():
    points = torch.tensor([[[0.0, 1, 1], [4, 1, 2], [2, 1, 1.5]]], requires_grad=True)
    faces = torch.tensor([[0, 1, 2], [0, 0, 1]])
    rasterise(points, faces, (3, 5)).barycentrics.square().sum().backward()
    assert points.grad is None or points.grad.isfinite().all()
