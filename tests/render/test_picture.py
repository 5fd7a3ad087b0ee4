import pytest
import torch
import trimesh

from manyfaces.core.errors import InputError
from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera, matrix_from_euler
from manyfaces.render import CLAY, ambient_light, render_mesh


def ball(radius=0.1, subdivisions=4):
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return torch.tensor(mesh.vertices.copy()).float()[None], torch.tensor(mesh.faces.copy())


def front(size=64, zoom=250.0):
    middle = torch.full((2,), (size - 1) / 2)
    return OrthographicCamera(torch.tensor(zoom), HEAD_TO_CAMERA, middle)


def test_white_light_shows_the_albedo_unchanged():
    vertices, faces = ball()
    picture = render_mesh(vertices, faces, front(), (64, 64), light=ambient_light((1.0, 1.0, 1.0)))
    inside = picture.mask[0] > 0
    torch.testing.assert_close(
        picture.rgb[0][inside], torch.tensor(CLAY).expand(int(inside.sum()), 3), atol=1e-3, rtol=0
    )
    assert (picture.rgb[0][~inside] == 0).all()


@pytest.mark.parametrize("supersample", [1, 2, 3])
def test_a_ball_covers_its_disc(supersample):
    vertices, faces = ball()
    picture = render_mesh(vertices, faces, front(), (64, 64), supersample=supersample)
    expected = 3.14159 * 25**2
    assert abs(float(picture.mask.sum()) - expected) < 0.01 * expected
    soft = ((picture.mask > 0) & (picture.mask < 1)).sum()
    assert (soft > 50) == (supersample > 1)
    torch.testing.assert_close(picture.mask, picture.mask.flip(1), atol=0.5, rtol=0)
    # Edge pixels keep the surface's colour: the background does not bleed in.
    assert picture.rgb[picture.mask > 0].min() > 0.15


def test_upper_left_is_lit_however_the_head_turns():
    vertices, faces = ball()
    turn = matrix_from_euler(torch.tensor(1.0), torch.tensor(0.3), torch.tensor(0.2))
    camera = OrthographicCamera(torch.tensor(250.0), HEAD_TO_CAMERA @ turn, torch.tensor([31.5, 31.5]))
    before, after = (render_mesh(vertices, faces, c, (64, 64)) for c in (front(), camera))
    still, turned, both = before.rgb[0], after.rgb[0], (before.mask * after.mask)[0] > 0
    assert both.sum() > 1800
    torch.testing.assert_close(still[both], turned[both], atol=0.03, rtol=0)
    assert still[20, 20].sum() > still[44, 44].sum() + 0.3


def test_one_colour_set_or_one_each():
    vertices, faces = ball(subdivisions=2)
    both = vertices.expand(2, -1, -1)
    colours = torch.rand(2, vertices.shape[1], 3, generator=torch.Generator().manual_seed(0))
    each = render_mesh(both, faces, front(), (32, 32), albedo=colours, light=None)
    for k in range(2):
        alone = render_mesh(vertices, faces, front(), (32, 32), albedo=colours[k], light=None)
        assert torch.equal(each.rgb[k], alone.rgb[0])
    cameras = OrthographicCamera(torch.tensor([250.0, 125.0]), HEAD_TO_CAMERA.expand(2, 3, 3), torch.full((2, 2), 31.5))
    masks = render_mesh(both, faces, cameras, (64, 64)).mask.sum((1, 2))
    assert masks[0] > 3.5 * masks[1]


def test_gradients_reach_everything():
    vertices, faces = ball(subdivisions=0)
    vertices = vertices.double().requires_grad_()
    albedo = torch.full((vertices.shape[1], 3), 0.4, dtype=torch.float64, requires_grad=True)
    camera = PerspectiveCamera(
        torch.tensor(30.0).double(),
        torch.tensor([3.6, 3.3]).double(),
        HEAD_TO_CAMERA.double(),
        torch.tensor([0.0, 0.0, 1.0]).double(),
    )
    light = ambient_light((0.3, 0.3, 0.3)).double().requires_grad_()

    def draw(v, a, lamp):
        return render_mesh(v, faces, camera, (8, 8), a, lamp).rgb

    assert torch.autograd.gradcheck(draw, (vertices, albedo, light), eps=1e-7, atol=1e-5)


def test_same_picture_with_and_without_gradient():
    vertices, faces = ball(subdivisions=3)
    plain = render_mesh(vertices, faces, front(), (64, 64), supersample=2).rgb
    tracked = render_mesh(vertices.requires_grad_(), faces, front(), (64, 64), supersample=2).rgb
    torch.testing.assert_close(plain, tracked.detach(), atol=1e-3, rtol=0)


def test_supersample_below_one_is_refused():
    vertices, faces = ball(subdivisions=1)
    with pytest.raises(InputError, match="supersample is 0"):
        render_mesh(vertices, faces, front(), (8, 8), supersample=0)
