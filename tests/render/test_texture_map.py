"""Texture maps, unwrapping and relief on planes and balls, where everything is known."""

import math

import pytest
import torch
import torch.nn.functional as F

from manyfaces.core.errors import InputError
from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera, vertex_normals
from manyfaces.heads import HeadModel, vertex_colours
from manyfaces.io.head_files import load_head
from manyfaces.render import TextureMap, blend_normals, displace, relief_grid, texture_map, unwrap_photo

SIDE_M = 0.2
SQUARE = torch.tensor([[0, 1, 2], [0, 2, 3]])
UV = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def plane(z: float = 0.0) -> torch.Tensor:
    """A square that looks along +z, its corners those of the texture map."""
    return torch.cat([SIDE_M * (UV - 0.5), torch.full((4, 1), z)], -1)


def centres(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """U and v of the texels of a square map."""
    along = (torch.arange(size) + 0.5) / size
    return along.expand(size, size), (1 - along)[:, None].expand(size, size)


def camera(size: int = 64) -> OrthographicCamera:
    """Sees the whole plane."""
    return OrthographicCamera(torch.tensor(0.9 * size / SIDE_M), HEAD_TO_CAMERA, torch.full((2,), (size - 1) / 2))


def gradient_photo(size: int = 64) -> torch.Tensor:
    """Two channels: each pixel's x and y."""
    along = torch.arange(float(size))
    return torch.stack([along.expand(size, size), along[:, None].expand(size, size)], -1)[None]


def ball(n_rows: int = 24, n_columns: int = 48, radius: float = 0.1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Vertices, uv and faces of a belt of a sphere from 60 degrees south to north; vertices on the seam are doubled."""
    v, u = torch.meshgrid(torch.linspace(0, 1, n_rows + 1), torch.linspace(0, 1, n_columns + 1), indexing="ij")
    latitude, longitude = (v - 0.5) * math.radians(120), 2 * math.pi * u
    outward = torch.stack([latitude.cos() * longitude.sin(), latitude.sin(), latitude.cos() * longitude.cos()], -1)
    at = torch.arange((n_rows + 1) * (n_columns + 1)).view(n_rows + 1, n_columns + 1)
    corners = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    first, second, third, fourth = (corner.flatten() for corner in corners)
    faces = torch.cat([torch.stack([first, second, third], -1), torch.stack([first, third, fourth], -1)])
    return radius * outward.view(-1, 3), torch.stack([u, v], -1).view(-1, 2), faces


def test_each_texel_is_its_place_on_the_plane():
    layout = texture_map(UV, SQUARE, SQUARE, (32, 32))
    assert layout.covered.all()
    u, v = centres(32)
    places = layout.of(plane(0.3)[None])[0]
    expected = torch.stack([SIDE_M * (u - 0.5), SIDE_M * (v - 0.5), torch.full_like(u, 0.3)], -1)
    torch.testing.assert_close(places, expected)


def test_a_window_shows_its_part_at_more_detail():
    layout = texture_map(UV, SQUARE, SQUARE, (16, 32), window=(0.5, 0.25, 1.0, 0.5))
    values = layout.of(UV[None])[0]
    torch.testing.assert_close(values[0, 0], torch.tensor([0.5 + 0.25 / 32, 0.5 - 0.125 / 16]))
    torch.testing.assert_close(values[-1, -1], torch.tensor([1 - 0.25 / 32, 0.25 + 0.125 / 16]))


def test_texels_agree_with_colours_at_vertices():
    vertices, uv, faces = ball()
    layout = texture_map(uv, faces, faces, (128, 128))
    inside = (uv > 0.02).all(-1) & (uv < 0.98).all(-1)
    back = vertex_colours(layout.of(vertices[None])[0], uv, faces, faces)
    assert (back - vertices)[inside].abs().max() < 5e-4


def test_maps_that_cannot_be_drawn_are_refused():
    with pytest.raises(InputError, match="one triangle for each"):
        texture_map(UV, SQUARE[:1], SQUARE)
    with pytest.raises(InputError, match="u0 < u1"):
        texture_map(UV, SQUARE, SQUARE, window=(0.5, 0.0, 0.5, 1.0))


def test_a_photo_comes_back_from_a_plane():
    layout = texture_map(UV, SQUARE, SQUARE, (32, 32))
    found = unwrap_photo(gradient_photo(), plane()[None], camera(), layout)
    assert (found.visible == 1).all()
    u, v = centres(32)
    expected = 31.5 + 0.9 * 64 * torch.stack([u - 0.5, 0.5 - v], -1)
    torch.testing.assert_close(found.points_px[0], expected)
    torch.testing.assert_close(found.texture[0], expected, atol=1e-4, rtol=0)


def test_a_near_camera_and_a_batch():
    layout = texture_map(UV, SQUARE, SQUARE, (32, 32))
    place = torch.tensor([[0.0, 0.0, 0.4], [0.05, 0.0, 0.8]])
    near = PerspectiveCamera(torch.full((2,), 100.0), torch.full((2, 2), 31.5), HEAD_TO_CAMERA.expand(2, 3, 3), place)
    vertices = torch.stack([plane(), plane(0.1)])
    found = unwrap_photo(gradient_photo().expand(2, -1, -1, -1), vertices, near, layout)
    for item in range(2):
        expected = near.project(layout.of(vertices)[:, 7, 5:6]).points_px[item, 0]
        torch.testing.assert_close(found.texture[item, 7, 5], expected, atol=1e-3, rtol=0)
    assert (found.visible == 1).all()


def test_what_is_behind_off_the_photo_or_turned_away_is_hidden():
    # Two charts: a square, and before it one that covers the half to the subject's left.
    front = plane(0.05) * torch.tensor([0.5, 1.0, 1.0]) + torch.tensor([0.05, 0.0, 0.0])
    vertices, faces = torch.cat([plane(), front])[None], torch.cat([SQUARE, SQUARE + 4])
    uv = torch.cat([UV * torch.tensor([0.5, 1.0]), UV * torch.tensor([0.5, 1.0]) + torch.tensor([0.5, 0.0])])
    layout = texture_map(uv, faces, faces, (32, 64))
    assert layout.charts.unique().numel() == 2
    visible = unwrap_photo(gradient_photo(), vertices, camera(), layout).visible[0]
    assert (visible[:, :15] == 1).all()
    assert (visible[:, 17:32] == 0).all()
    assert (visible[:, 32:] == 1).all()
    texture = unwrap_photo(gradient_photo() + 1, vertices, camera(), layout).texture[0]
    assert not texture[:, 17:32].any()
    # The picture's left part alone.
    left = unwrap_photo(gradient_photo()[:, :, :20], vertices, camera(), layout).visible[0]
    assert left[:, 32:].sum() == 0
    assert left[:, :4].all()
    away = OrthographicCamera(camera().scale_px, torch.diag(torch.tensor([-1.0, -1.0, 1.0])), camera().translation_px)
    assert not unwrap_photo(gradient_photo(), vertices, away, layout).visible.any()


def test_colours_and_places_have_gradients():
    layout = texture_map(UV, SQUARE, SQUARE, (8, 8))
    photo, vertices = gradient_photo().requires_grad_(), plane()[None].requires_grad_()
    unwrap_photo(photo, vertices, camera(), layout).texture.sum().backward()
    assert photo.grad is not None
    assert vertices.grad is not None
    # Each pixel further right adds one to the first channel, each pixel further down one to the second.
    per_metre = float(camera().scale_px) * 64
    torch.testing.assert_close(vertices.grad.sum((0, 1)), torch.tensor([per_metre, -per_metre, 0.0]), rtol=1e-3, atol=1)


def mirrored_map(size: int) -> TextureMap:
    """The plane laid out with its inner side up."""
    return texture_map(torch.stack([1 - UV[:, 0], UV[:, 1]], -1), SQUARE, SQUARE, (size, size))


@pytest.mark.parametrize("flipped", [False, True])
def test_a_slope_on_a_plane(flipped: bool):
    layout = mirrored_map(24) if flipped else texture_map(UV, SQUARE, SQUARE, (24, 24))
    assert layout.mirrored.tolist() == [flipped, flipped]
    grid = relief_grid(layout)
    places = layout.of(plane()[None])
    slope_x, slope_y = 0.2, -0.1
    found = displace(plane()[None], slope_x * places[..., 0] + slope_y * places[..., 1], grid)
    normal = F.normalize(torch.tensor([-slope_x, -slope_y, 1.0]), dim=0)
    torch.testing.assert_close(found.normals[0], normal.expand(24, 24, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        found.vertices[..., 2], slope_x * found.vertices[..., 0] + slope_y * found.vertices[..., 1]
    )
    assert (vertex_normals(found.vertices, grid.faces)[..., 2] > 0.9).all()  # outward
    assert len(grid.faces) == 2 * 23 * 23


def test_charts_are_not_joined():
    vertices, faces = torch.cat([plane(), plane() + 0.5])[None], torch.cat([SQUARE, SQUARE + 4])
    uv = torch.cat([UV * torch.tensor([0.5, 1.0]), UV * torch.tensor([0.5, 1.0]) + torch.tensor([0.5, 0.0])])
    grid = relief_grid(texture_map(uv, faces, faces, (8, 16)))
    points = displace(vertices, torch.zeros(1, 8, 16), grid).vertices[0]
    longest = (points[grid.faces] - points[grid.faces.roll(1, 1)]).norm(dim=-1).max()
    assert longest < 0.05
    assert len(grid.faces) == 2 * 2 * 7 * 7


def test_without_displacement_the_coarse_normals_come_out():
    vertices, uv, faces = ball(6, 12)
    layout = texture_map(uv, faces, faces, (64, 64))
    found = displace(vertices[None], torch.zeros(1, 64, 64), relief_grid(layout))
    smooth = F.normalize(layout.of(vertex_normals(vertices, faces)[None]), dim=-1)
    torch.testing.assert_close(found.normals, smooth * layout.covered[..., None])


def test_waves_on_a_ball():
    radius, height, waves = 0.1, 0.002, 9
    vertices, uv, faces = ball(48, 96, radius)
    layout = texture_map(uv, faces, faces, (256, 256))
    _, v = centres(256)
    latitude = (v - 0.5) * math.radians(120)
    found = displace(vertices[None], (height * (waves * latitude).sin())[None], relief_grid(layout))
    outward = F.normalize(layout.of(vertices[None])[0], dim=-1)
    # The northward unit vector; the surface r(latitude) has the normal outward - r' / r north.
    north = F.normalize(torch.tensor([0.0, 1.0, 0.0]) - outward[..., 1:2] * outward, dim=-1)
    rise = height * waves * (waves * latitude).cos() / (radius + height * (waves * latitude).sin())
    expected = F.normalize(outward - rise[..., None] * north, dim=-1)
    inside = slice(8, -8)
    error = (found.normals[0] - expected)[inside, inside].norm(dim=-1)
    assert error.max() < 0.03
    assert (outward - expected)[inside, inside].norm(dim=-1).max() > 0.15
    lengths = found.vertices[0].norm(dim=-1)
    assert (lengths - radius - height * (waves * latitude[layout.covered]).sin()).abs().max() < 1.5e-4


def test_gradients_of_the_relief():
    layout = texture_map(UV, SQUARE, SQUARE, (5, 5))
    grid = relief_grid(layout)
    generator = torch.Generator().manual_seed(0)
    start = (0.01 * torch.rand(1, 5, 5, generator=generator, dtype=torch.float64)).requires_grad_()
    vertices = plane()[None].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda v, d: displace(v, d, grid).normals, (vertices, start), atol=1e-4)


def test_the_open_head_has_a_map_of_its_face():
    head = HeadModel(load_head("openhead"))
    uv, uv_faces = torch.tensor(head.data.uv), torch.tensor(head.data.uv_faces)
    layout = texture_map(uv, uv_faces, head.faces, (64, 64))
    assert len(layout.charts.unique()) == 10
    assert not layout.mirrored.any()
    assert 0.45 < float(layout.covered.float().mean()) < 0.65
    found = displace(head.template[None], torch.zeros(1, 64, 64), relief_grid(layout))
    assert found.vertices.shape[1] == int(layout.covered.sum())


def test_blending_normals():
    detailed, coarse = torch.tensor([[[1.0, 0.0, 0.0]]]), torch.tensor([[[0.0, 1.0, 0.0]]])
    for share, expected in ((1.0, detailed), (0.0, coarse), (0.5, torch.full((1, 1, 3), math.sqrt(0.5)))):
        if share == 0.5:
            expected = expected * torch.tensor([1.0, 1.0, 0.0])
        torch.testing.assert_close(blend_normals(detailed, coarse, torch.full((1, 1), share)), expected)
