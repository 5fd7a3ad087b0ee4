import math

import torch
import trimesh

from manyfaces.geometry import (
    SurfacePoints,
    boundary_vertices,
    edges,
    face_areas,
    face_normals,
    vertex_adjacency,
    vertex_normals,
)


def sphere(subdivisions=3):
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions)
    return torch.tensor(mesh.vertices.copy()), torch.tensor(mesh.faces.copy())


def test_sphere_normals_point_outward():
    vertices, faces = sphere()
    normals = vertex_normals(vertices, faces)
    assert ((normals * vertices).sum(-1) > 0.999).all()
    centres = vertices[faces].mean(1)
    along = (face_normals(vertices, faces) * centres / centres.norm(dim=-1, keepdim=True)).sum(-1)
    assert (along > 0.99).all()
    assert abs(float(face_areas(vertices, faces).sum()) - 4 * math.pi) < 0.1


def test_degenerate_faces_give_zero_and_finite_gradients():
    vertices = torch.zeros(2, 4, 3, requires_grad=True)
    normals = vertex_normals(vertices, torch.tensor([[0, 1, 2]]))
    assert (normals == 0).all()
    normals.sum().backward()
    assert vertices.grad is not None
    assert vertices.grad.isfinite().all()


def test_normal_gradient():
    vertices, faces = sphere(0)
    vertices = (vertices * torch.tensor([1.0, 1.2, 0.8])).requires_grad_()
    assert torch.autograd.gradcheck(lambda v: vertex_normals(v, faces), (vertices,))


def test_edges_and_neighbours_of_a_tetrahedron_with_a_flap():
    faces = torch.tensor([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2], [2, 3, 4]])
    assert edges(faces).tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3], [2, 4], [3, 4]]
    near = vertex_adjacency(faces, 6)
    assert near.of(4).tolist() == [2, 3]
    assert near.of(2).tolist() == [0, 1, 3, 4]
    assert near.of(5).tolist() == []
    assert boundary_vertices(faces, 6).tolist() == [False, False, True, True, True, False]
    mean = near.mean(torch.arange(6.0)[:, None])
    torch.testing.assert_close(mean[:, 0], torch.tensor([2.0, 5 / 3, 2.0, 7 / 4, 2.5, 0.0]))


def test_euler_characteristic_of_the_sphere():
    vertices, faces = sphere()
    assert len(vertices) - len(edges(faces)) + len(faces) == 2
    assert not boundary_vertices(faces, len(vertices)).any()


def test_surface_points_ride_along():
    vertices, faces = sphere()
    points = SurfacePoints(torch.tensor([5, 7]), torch.tensor([[1.0, 0, 0], [0.2, 0.3, 0.5]]))
    on = points.on(torch.stack([vertices, vertices * 2]), faces)
    torch.testing.assert_close(on[0, 0], vertices[faces[5, 0]])
    torch.testing.assert_close(on[1], on[0] * 2)
    weights = torch.tensor([0.2, 0.3, 0.5]).double()
    torch.testing.assert_close(on[0, 1], weights @ vertices[faces[7]], atol=1e-7, rtol=0)
