"""What a file shows of a character in motion."""

from dataclasses import replace

import torch

from manyfaces.geometry.mesh import vertex_normals
from manyfaces.pipeline.animation import morph_track
from manyfaces.pipeline.animation.moving_mesh import moving_mesh
from manyfaces.pipeline.detailed_mesh import detailed_mesh

HEIGHTS_M = torch.linspace(0, 0.01, 5)


def clip():
    """The first expression grows; `bumpy` rises with it."""
    expression = torch.zeros(len(HEIGHTS_M), 3)
    expression[:, 0] = HEIGHTS_M
    return expression, torch.zeros(len(HEIGHTS_M), 3)


def test_a_smooth_face_is_its_head(somebody):
    mesh, frames = moving_mesh(somebody, *clip())
    (shapes,) = frames
    assert mesh.faces is somebody.head.faces
    assert mesh.albedo is somebody.albedo
    torch.testing.assert_close(mesh.at_rest.vertices, somebody.neutral)
    torch.testing.assert_close(shapes.vertices, somebody.vertices(*clip()))
    torch.testing.assert_close(shapes.normals, vertex_normals(shapes.vertices, mesh.faces))


def test_texels_that_stand_out_in_any_frame_are_vertices_in_all(bumpy):
    mesh, frames = moving_mesh(bumpy, *clip())
    (shapes,) = frames
    n = len(mesh.at_rest.vertices)
    assert shapes.vertices.shape == shapes.normals.shape == (len(HEIGHTS_M), n, 3)
    assert mesh.albedo.shape == (n, 3)
    assert mesh.faces.unique().tolist() == list(range(n))
    # At rest nothing stands out, yet the texels are there, where the frame without expression has them.
    torch.testing.assert_close(shapes.vertices[0], mesh.at_rest.vertices)
    last = clip()[0][-1], clip()[1][-1]
    up = bumpy.detail.displacement(*last)
    alone = detailed_mesh(bumpy.vertices(*(values[None] for values in last)), bumpy.albedo, up, bumpy.detail.grid)
    torch.testing.assert_close(shapes.vertices[-1][mesh.faces], alone.vertices[0][alone.faces])
    torch.testing.assert_close(shapes.normals[-1][mesh.faces], alone.normals[0][alone.faces])
    torch.testing.assert_close(mesh.albedo[mesh.faces], alone.albedo[0][alone.faces])


def test_wrinkles_come_with_the_morph_targets(bumpy):
    expression, jaw = clip()
    expression[:, 0] = expression[:, 0].flip(0)  # ends at rest, so that order counts
    track = morph_track(bumpy, expression, jaw)
    (shapes,) = moving_mesh(bumpy, expression, jaw)[1]
    (target,) = track.targets
    rest, weights = track.mesh.at_rest, track.weights[:, :1, None]
    vertices = rest.vertices + weights * (torch.from_numpy(target.vertices) - rest.vertices)
    normals = rest.normals + weights * (torch.from_numpy(target.normals) - rest.normals)
    torch.testing.assert_close(vertices, shapes.vertices, atol=2e-4, rtol=0)
    moved = (shapes.normals - rest.normals).norm(dim=-1)
    assert moved.max() > 0.1
    assert (normals - shapes.normals).norm(dim=-1).mean() < 0.25 * moved.mean()
    # It is still the head's motion that decides on targets and weights.
    smooth = morph_track(replace(bumpy, detail=None), expression, jaw)
    assert len(smooth.mesh.at_rest.vertices) == len(bumpy.neutral) < len(rest.vertices)
    torch.testing.assert_close(smooth.weights, track.weights)
