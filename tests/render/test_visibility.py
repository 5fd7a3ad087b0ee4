import pytest
import torch
import trimesh

from manyfaces.geometry import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera
from manyfaces.render import visible_vertices


def ball():
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=0.1)
    return torch.tensor(mesh.vertices.copy()).float()[None], torch.tensor(mesh.faces.copy())


@pytest.mark.parametrize("zoom", [100.0, 250.0, 1000.0])
def test_near_half_of_a_ball_is_visible(zoom):
    vertices, faces = ball()
    size = int(zoom / 4)
    camera = OrthographicCamera(torch.tensor(zoom), HEAD_TO_CAMERA, torch.full((2,), (size - 1) / 2))
    seen = visible_vertices(camera.project(vertices).with_depth, faces, (size, size))[0]
    toward = vertices[0, :, 2] / 0.1
    assert seen[toward > 0.2].float().mean() > 0.99
    assert not seen[toward < -0.2].any()


def test_a_near_camera_sees_less_than_half():
    vertices, faces = ball()
    camera = PerspectiveCamera(
        torch.tensor(250.0), torch.full((2,), 99.5), HEAD_TO_CAMERA, torch.tensor([0.0, 0.0, 0.3])
    )
    seen = visible_vertices(camera.project(vertices).with_depth, faces, (200, 200), perspective=True)[0]
    toward = vertices[0, :, 2] / 0.1  # tangent from 3 radii away: cosine one third
    assert seen[toward > 0.45].all()
    assert not seen[toward < 0.2].any()


def test_hidden_behind_a_wall_or_off_the_picture():
    wall = [[-1.0, -1, 1], [9, -1, 1], [-1, 9, 1], [9, 9, 1]]
    points = torch.tensor([[*wall, [4.0, 4, 2], [4, 4, 0.5], [30, 4, 0.5], [4, 4, float("nan")]]])
    seen = visible_vertices(points, torch.tensor([[0, 1, 2], [1, 3, 2]]), (8, 8))
    assert seen[0, 4:].tolist() == [False, True, False, False]
