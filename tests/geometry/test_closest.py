import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from manyfaces.geometry import closest_barycentrics, closest_points

coordinate = st.floats(-1, 1, width=32)
triple = st.tuples(coordinate, coordinate, coordinate)


@given(st.tuples(triple, triple, triple), triple)
@settings(max_examples=100, deadline=None)
def test_no_sample_of_the_triangle_is_nearer(corners, point):
    triangle, query = torch.tensor(corners).double()[None], torch.tensor(point).double()[None]
    weights = closest_barycentrics(query, triangle)
    assert (weights > -1e-6).all()
    assert abs(float(weights.sum()) - 1) < 1e-3
    distance = (weights @ triangle[0] - query).norm()
    grid = torch.linspace(0, 1, 21, dtype=torch.float64)
    a, b = torch.meshgrid(grid, grid, indexing="ij")
    keep = a + b <= 1 + 1e-9
    samples = torch.stack([a[keep], b[keep], (1 - a - b)[keep]], -1) @ triangle[0]
    assert distance <= (samples - query).norm(dim=-1).min() + 1e-9


def test_agrees_with_trimesh():
    mesh = trimesh.creation.icosphere(subdivisions=2)
    vertices, faces = torch.tensor(mesh.vertices.copy()), torch.tensor(mesh.faces.copy())
    generator = torch.Generator().manual_seed(0)
    queries = torch.randn(500, 3, generator=generator, dtype=torch.float64)
    found = closest_points(queries, vertices, faces)
    brute = torch.stack(
        [
            (
                torch.einsum(
                    "nk,nkd->nd", closest_barycentrics(q.expand(len(faces), 3), vertices[faces]), vertices[faces]
                )
                - q
            )
            .norm(dim=-1)
            .min()
            for q in queries
        ]
    )
    torch.testing.assert_close(found.distances, brute)
    torch.testing.assert_close(found.surface.on(vertices, faces), found.points)


def test_distance_to_a_plane_and_its_gradient():
    vertices = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=torch.float64)
    faces = torch.tensor([[0, 1, 2]])
    query = torch.tensor([[0.25, 0.25, 0.5], [-1.0, -1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    found = closest_points(query, vertices, faces)
    torch.testing.assert_close(found.distances, torch.tensor([0.5, 2**0.5], dtype=torch.float64))
    (gradient,) = torch.autograd.grad(found.distances.sum(), query)
    torch.testing.assert_close(gradient[0], torch.tensor([0.0, 0, 1], dtype=torch.float64))
