"""Skin on the texture map, and light on its relief."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from manyfaces.detect.rnet_alignment import RNET_PX
from manyfaces.faces.model import light_on
from manyfaces.geometry import vertex_normals
from manyfaces.methods.personal.adapted import AdaptedSkin
from manyfaces.methods.personal.detail import SkinShade, SkinView, at_rest, displaced, seen_texture, skin_view
from manyfaces.nn import DisplacementMae, MaeConfig, ViTConfig

SIDE = 160
SMALL = MaeConfig(ViTConfig(width=16, n_blocks=1, heads=4, side_px=16, patch_px=8), width=8, n_blocks=1, heads=2)


@pytest.fixture(scope="module")
def c(layout, people):
    return layout.split(people)


@pytest.fixture(scope="module")
def pictures(face, c):
    return face.render(c, SIDE).rgb.permute(0, 3, 1, 2)


@pytest.fixture(scope="module")
def view(face, surface, c, pictures):
    return skin_view(face, surface, c, pictures, torch.ones(2, SIDE, SIDE))


def test_what_is_seen_has_its_own_colours(view, face, surface, c):
    expected = surface.layout.of(face.colours(c).clamp(0, 1)).movedim(-1, 1)
    visible = view.visible[:, None]
    assert 0.4 < float(view.visible.sum() / (2 * (surface.skin > 0).sum())) <= 1
    error = ((view.texture - expected).abs() * visible).sum() / (3 * visible.sum())
    assert float(error) < 0.02
    assert not (view.texture * (1 - visible)).any()
    assert set(view.visible.unique().tolist()) == {0.0, 1.0}


def test_a_turned_head_hides_its_far_side(view):
    # The two are turned to different sides.
    left, right = view.visible[..., :24].sum((1, 2)), view.visible[..., 24:].sum((1, 2))
    more = left > right
    assert bool(more[0] != more[1])


def test_a_mask_hides_what_lies_behind_it(view, face, surface, c, pictures):
    skin = torch.ones(2, SIDE, SIDE)
    skin[..., : SIDE // 2] = 0.0
    masked = skin_view(face, surface, c, pictures, skin)
    at = face.camera(c).scaled(SIDE / RNET_PX).project(surface.layout.of(face.vertices(c)).flatten(1, 2)).points_px
    left = (at[..., 0] < SIDE / 2 - 1.5).unflatten(1, (48, 48))
    right = (at[..., 0] > SIDE / 2 + 0.5).unflatten(1, (48, 48))
    assert not masked.visible[left].any()
    assert not masked.texture.movedim(1, -1)[left].any()
    assert torch.equal(masked.visible[right], view.visible[right])
    assert torch.equal(masked.tension, view.tension)


def test_tension_is_against_the_same_person_at_rest(face, surface, c, view):
    torch.testing.assert_close(view.tension, surface.tension(at_rest(face, c), face.vertices(c)))
    shut = replace(c, expression=torch.zeros_like(c.expression))
    torch.testing.assert_close(at_rest(face, c), face.vertices(shut))
    assert float(view.tension.abs().max()) > 0.05


def test_contrast_does_not_know_how_bright_the_skin_is(view):
    brighter = replace(view, texture=view.texture + 0.1 * view.visible[:, None])
    torch.testing.assert_close(brighter.contrast, view.contrast, atol=1e-5, rtol=0)
    visible = view.visible[:, None]
    assert not (view.contrast * (1 - visible)).any()
    means = (view.contrast * visible).sum((2, 3)) / visible.sum((2, 3))
    torch.testing.assert_close(means, torch.zeros(2, 3), atol=1e-4, rtol=0)


def test_where_nothing_is_seen_there_is_no_contrast():
    nothing = SkinView(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8), torch.zeros(1, 8, 8))
    assert not nothing.contrast.any()


def test_light_without_relief_is_the_coarse_faces(face, surface, c):
    vertices = face.vertices(c)
    albedo = surface.layout.of(face.head.albedo(c.albedo))
    lit = SkinShade(surface, vertices, c, albedo)(torch.zeros(2, 48, 48))
    normals = F.normalize(surface.layout.of(vertex_normals(vertices, face.head.faces)), dim=-1)
    expected = light_on(normals.flatten(1, 2), c).unflatten(1, (48, 48))
    skin = surface.skin > 0
    torch.testing.assert_close(lit.shading[:, skin], expected[:, skin], atol=1e-3, rtol=0)
    torch.testing.assert_close(lit.texture, albedo * lit.shading)
    # Light is laid out after, colours of vertices before: they are close where the mesh is fine.
    whole = surface.layout.of(face.colours(c))[:, skin]
    assert float((lit.texture[:, skin] - whole).abs().mean()) < 0.01


def test_relief_changes_the_light_and_has_gradients(face, surface, c):
    albedo = surface.layout.of(face.head.albedo(c.albedo))
    shade = SkinShade(surface, face.vertices(c), c, albedo)
    bumps = 0.001 * torch.sin(torch.arange(48.0) / 2).expand(2, 48, 48).clone()
    bumps.requires_grad_()
    lit = shade(bumps)
    assert float((lit.shading.detach() - shade(torch.zeros(2, 48, 48)).shading).abs().max()) > 0.01
    lit.texture.square().sum().backward()
    assert bool(bumps.grad.isfinite().all())
    assert bool(bumps.grad[:, surface.skin > 0].any())
    assert not bumps.grad[:, surface.skin == 0].any()


def test_losses_take_views_as_they_are(view, surface):
    seen = seen_texture(view, surface)
    assert torch.equal(seen.texture.movedim(-1, 1), view.texture)
    assert seen.visible is view.visible
    assert seen.surface is surface.skin


def test_a_mirrored_face_has_mirrored_skin():
    torch.manual_seed(0)
    student = DisplacementMae(SMALL).eval()
    torch.nn.init.normal_(student.decoder_pred.weight)
    texture, tension = torch.rand(2, 3, 16, 16), torch.rand(2, 16, 16) - 0.5
    with torch.no_grad():
        said, alone = displaced(student, texture, tension), student(texture, tension)
        mirrored = displaced(student, texture.flip(-1), tension.flip(-1))
        torch.testing.assert_close(mirrored, said.flip(-1))
        torch.testing.assert_close(2 * said - alone, student(texture.flip(-1), tension.flip(-1)).flip(-1))
    assert not torch.allclose(said, alone)


def test_a_persons_skin_is_not_mirrored():
    torch.manual_seed(0)
    person = AdaptedSkin(DisplacementMae(SMALL), width=4)
    with torch.no_grad():
        person.relief_mm[0, :, :8] = 1.0
        maps = torch.rand(2, 3, 16, 16), torch.rand(2, 16, 16) - 0.5
        said = displaced(person, *maps)
        assert torch.equal(said, person(*maps))
    assert said[..., :8].min() > 0.5e-3 > said[..., 8:].max()
