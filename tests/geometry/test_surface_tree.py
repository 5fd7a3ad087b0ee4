"""The compiled search against its plain twin, against closed forms, and against another library."""

import pytest
import torch

from manyfaces.core.errors import InputError
from manyfaces.geometry import SurfaceTree, closest_barycentrics


def soup(n_faces: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Triangles of all sizes through each other; some are lines, some are points."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.randn(n_faces, 3, 3, generator=generator, dtype=torch.float64)
    corners = corners.mean(1, keepdim=True) * 3 + corners * torch.rand(n_faces, 1, 1, generator=generator)
    corners[::7, 2] = (corners[::7, 0] + corners[::7, 1]) / 2
    corners[::11] = corners[::11, :1]
    return corners.flatten(0, 1), torch.arange(3 * n_faces).reshape(-1, 3)


def queries(n: int) -> torch.Tensor:
    return 3 * torch.randn(n, 3, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


@pytest.mark.parametrize("n_faces", [1, 2, 5, 64, 333])
def test_it_is_the_nearest_of_all_triangles(n_faces: int) -> None:
    vertices, faces = soup(n_faces)
    points = queries(80)
    found = SurfaceTree(vertices, faces).closest(points)
    triangles = vertices[faces].repeat(len(points), 1, 1)
    asked = points.repeat_interleave(n_faces, 0)
    landed = (closest_barycentrics(asked, triangles)[..., None] * triangles).sum(1)
    gaps = (landed - asked).norm(dim=-1).reshape(len(points), n_faces)
    torch.testing.assert_close(found.distances, gaps.min(1).values)
    torch.testing.assert_close(found.surface.on(vertices, faces), found.points)
    torch.testing.assert_close((found.points - points).norm(dim=-1), found.distances)


def test_a_guess_changes_nothing() -> None:
    vertices, faces = soup(200)
    points, tree = queries(300), SurfaceTree(vertices, faces)
    found = tree.closest(points)
    for guess in (found.surface.face_ids, torch.full((300,), 199), torch.arange(300) % 200):
        again = tree.closest(points, guess)
        assert torch.equal(again.surface.face_ids, found.surface.face_ids)
        assert torch.equal(again.distances, found.distances)


def test_of_faces_that_are_equally_near_the_first_is_meant() -> None:
    vertices = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    faces = torch.tensor([[0, 1, 2]] * 9)
    for guess in (None, torch.tensor([8])):
        found = SurfaceTree(vertices, faces).closest(torch.tensor([[0.25, 0.25, -2.0]]), guess)
        assert found.surface.face_ids.tolist() == [0]
        assert found.distances.tolist() == [2.0]
        torch.testing.assert_close(found.surface.barycentrics[0], torch.tensor([0.5, 0.25, 0.25]).double())


def test_a_surface_needs_faces_and_numbers() -> None:
    vertices = torch.zeros(3, 3)
    with pytest.raises(InputError, match="without triangles"):
        SurfaceTree(vertices, torch.zeros(0, 3, dtype=torch.long))
    vertices[1, 1] = torch.nan
    with pytest.raises(InputError, match="not finite"):
        SurfaceTree(vertices, torch.tensor([[0, 1, 2]]))


def test_agrees_with_libigl() -> None:
    igl = pytest.importorskip("igl")
    vertices, faces = soup(500)
    points = queries(1000)
    found = SurfaceTree(vertices, faces).closest(points)
    squared = igl.point_mesh_squared_distance(points.numpy(), vertices.numpy(), faces.numpy())[0]
    torch.testing.assert_close(found.distances.square(), torch.as_tensor(squared))
