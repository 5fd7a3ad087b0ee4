"""The face's part of the texture map."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from manyfaces.core.errors import InputError
from manyfaces.geometry import vertex_normals
from manyfaces.heads import HeadModel
from manyfaces.methods.personal import detail_surface


@pytest.fixture(scope="module")
def vertices(face, layout, people):
    return face.vertices(layout.split(people))


def test_at_rest_there_is_no_tension(surface, vertices):
    assert not surface.tension(vertices, vertices).any()
    moved = surface.tension(vertices, vertices + torch.tensor([0.1, -0.2, 0.3]))
    torch.testing.assert_close(moved, torch.zeros_like(moved), atol=1e-3, rtol=0)


def test_what_is_squeezed_has_tension_as_far_as_there_is_skin(surface, vertices):
    squeezed, stretched = (surface.tension(vertices, vertices * scale) for scale in (0.95, 1.05))
    skin = surface.skin > 0
    assert bool((squeezed[:, skin] > 0).all())
    assert bool((stretched[:, skin] < 0).all())
    assert not squeezed[:, ~skin].any()
    assert float(squeezed.max()) < 1


def test_without_displacement_the_coarse_normals_come_out(surface, vertices, face):
    relief = surface.relief(vertices, torch.zeros(2, 48, 48))
    coarse = F.normalize(surface.layout.of(vertex_normals(vertices, face.head.faces)), dim=-1)
    covered = surface.layout.covered
    torch.testing.assert_close(relief.normals[:, covered], coarse[:, covered], atol=1e-4, rtol=0)


def test_displacements_count_as_far_as_there_is_skin(surface, vertices):
    lifted, flat = (surface.relief(vertices, torch.full((2, 48, 48), d)) for d in (0.002, 0.0))
    by_m = (lifted.vertices - flat.vertices).norm(dim=-1)
    expected = 0.002 * surface.skin.flatten()[surface.grid.texels]
    torch.testing.assert_close(by_m, expected.expand(2, -1), atol=1e-6, rtol=0)


def test_the_skin_is_mirrored_and_fades_to_its_edge(surface):
    skin = surface.skin
    assert float((skin - skin.flip(-1)).abs().mean()) < 0.02
    assert 0.2 < float((skin > 0).float().mean()) < 0.9
    assert float(skin.max()) == 1
    edge = torch.cat([skin[0], skin[-1], skin[:, 0], skin[:, -1]])
    assert not edge.any()  # the window leaves a margin
    first = [float(row[row > 0][0]) for row in skin if row.any()]
    assert float(np.median(first)) < 0.35


def test_a_head_without_texture_points_has_no_place_for_detail(face):
    bare = replace(face.head.data, uv=np.zeros((0, 2), np.float32), uv_faces=np.zeros((0, 3), np.int32))
    with pytest.raises(InputError, match="no texture map"):
        detail_surface(HeadModel(bare), 16)


def test_another_device_has_the_same(surface):
    other = replace(surface, tension_scale=500.0).to("cpu")
    assert other.tension_scale == 500.0
    assert torch.equal(other.skin, surface.skin)
