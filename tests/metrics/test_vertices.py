import pytest
import torch

from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.metrics import aligned_error_mm, region_spread_ratio, spread_mm

OCTAHEDRON = torch.cat([torch.eye(3), -torch.eye(3)])


def test_a_moved_mesh_has_no_error() -> None:
    turn = matrix_from_axis_angle(torch.tensor([0.3, -1.0, 0.5]))
    moved = OCTAHEDRON @ turn.mT + torch.tensor([1.0, 2.0, 3.0])
    assert float(aligned_error_mm(moved, OCTAHEDRON)) == pytest.approx(0, abs=1e-3)


def test_alignment_does_not_scale() -> None:
    assert float(aligned_error_mm(1.1 * OCTAHEDRON, OCTAHEDRON)) == pytest.approx(100, rel=1e-4)


def test_each_mesh_of_a_batch_has_its_own_error() -> None:
    meshes = torch.stack([OCTAHEDRON, 1.01 * OCTAHEDRON, 1.02 * OCTAHEDRON])
    assert aligned_error_mm(meshes, OCTAHEDRON).tolist() == pytest.approx([0, 10, 20], abs=1e-2)


def test_spread_is_the_distance_to_the_mean() -> None:
    meshes = torch.stack([OCTAHEDRON, OCTAHEDRON])
    meshes[0, 0, 2] += 0.001
    meshes[1, 0, 2] -= 0.001
    assert spread_mm(meshes).tolist() == pytest.approx([1, 0, 0, 0, 0, 0], abs=1e-3)


def test_ratio_of_regions() -> None:
    spread = torch.tensor([[1.0, 2.0, 6.0], [1.0, 1.0, 1.0]])
    hidden = torch.tensor([[False, False, True], [False, False, False]])
    ratio = region_spread_ratio(spread, hidden)
    assert float(ratio[0]) == pytest.approx(4)
    assert ratio[1].isnan()
