from dataclasses import replace

import numpy as np
import pytest
import torch

from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.geometry.camera import HEAD_TO_CAMERA
from manyfaces.pipeline.animation import Detail, Motion
from manyfaces.pipeline.animation.stage import Stage
from manyfaces.pipeline.detailed_mesh import detailed_mesh

SIDE = 64


def motion(expression=None, turn=(0.0, 0.0, 0.0)):
    rotation = HEAD_TO_CAMERA @ matrix_from_axis_angle(torch.tensor(turn))
    expression = torch.zeros(3) if expression is None else torch.tensor(expression)
    return Motion(0, 0.0, expression, torch.zeros(3), rotation, torch.tensor([9.0, 9.0, 9.0]))


def shown(picture):
    """Pixels that are not background."""
    return (picture.astype(int) != picture[0, 0]).any(-1)


def test_the_face_stays_in_the_middle(somebody):
    stage = Stage(somebody, SIDE)
    front, turned = stage.view(motion()), stage.view(motion(turn=(0.2, 0.5, 0.0)))
    for picture in (front, turned):
        assert picture.shape == (SIDE, SIDE, 3)
        rows, columns = np.nonzero(shown(picture))
        assert (rows.mean(), columns.mean()) == pytest.approx(((SIDE - 1) / 2,) * 2, abs=0.5)
    assert (front != turned).any()


def test_detail_follows_the_expression(bumpy):
    assert isinstance(bumpy.detail, Detail)
    smooth, stage = Stage(replace(bumpy, detail=None), SIDE), Stage(bumpy, SIDE)
    np.testing.assert_array_equal(stage.view(motion()), smooth.view(motion()))
    bumps, none = stage.view(motion([0.01, 0.0, 0.0])), smooth.view(motion([0.01, 0.0, 0.0]))
    assert shown(bumps).sum() > shown(none).sum()
    # Only the upper half stands out.
    lower = slice(SIDE // 2 + 8, None)
    np.testing.assert_array_equal(shown(bumps)[lower], shown(none)[lower])


def test_the_head_shows_below_and_beside_the_detail(bumpy):
    vertices, grid = bumpy.neutral[None], bumpy.detail.grid
    for height_m in (0.01, -0.01):
        up = bumpy.detail.displacement(torch.tensor([height_m, 0.0, 0.0]), None)
        mesh = detailed_mesh(vertices, bumpy.albedo, up, grid)
        n = len(bumpy.neutral)
        moved = (mesh.vertices[0, :n] - bumpy.neutral).norm(dim=-1)
        depth = 0.0005 - min(height_m, 0)
        np.testing.assert_allclose(moved[moved > 1e-6], depth, rtol=1e-3)
        assert 0 < (moved > 1e-6).sum() < n
        # Every triangle of the head is there; of the detail, those that cover what was moved down.
        assert (mesh.faces < n).all(-1).sum() == len(bumpy.head.faces)
        assert 0 < (mesh.faces >= n).all(-1).sum() < len(grid.faces)
    flat = detailed_mesh(vertices, None, torch.zeros_like(up), grid)
    assert len(flat.faces) == len(bumpy.head.faces)
