"""A driver without a tracker, and characters to drive."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.geometry.camera import HEAD_TO_CAMERA, OrthographicCamera, PerspectiveCamera
from manyfaces.heads import HeadModel
from manyfaces.io.frames import Frame
from manyfaces.pipeline.animation import Character
from manyfaces.pipeline.conditioning import SeenFace
from manyfaces.pipeline.video import TrackedFrame
from manyfaces.render import ReliefGrid, relief_grid, texture_map

FPS = 25.0


@pytest.fixture(scope="session")
def ball(synthetic):
    return HeadModel(synthetic.ball_head())


@pytest.fixture(scope="session")
def somebody(ball):
    return Character("somebody", ball, torch.tensor([0.5, 0.0, 0.0, 0.0]), torch.as_tensor(ball.data.albedo))


@dataclass(frozen=True)
class Bumps:
    """As high as the first expression coefficient says, in metres, on the upper half of the map."""

    grid: ReliefGrid

    def displacement(self, expression, jaw):
        up = torch.zeros(self.grid.layout.covered.shape)
        up[: len(up) // 2] = expression[0]
        return up


@pytest.fixture(scope="session")
def bumpy(somebody):
    data = somebody.head.data
    layout = texture_map(torch.as_tensor(data.uv), torch.as_tensor(data.uv_faces), somebody.head.faces, (48, 48))
    return replace(somebody, detail=Bumps(relief_grid(layout)))


@pytest.fixture(scope="session")
def open_character(open_head):
    identity = 0.7 * torch.randn(open_head.n_identity, generator=torch.Generator().manual_seed(5))
    return Character("open", open_head, identity, open_head.mean_albedo)


@pytest.fixture(scope="session")
def open_clip(open_head):
    """Expressions and jaws of 40 frames that go smoothly through plausible expressions of the open head."""
    data = open_head.data
    rows = np.array([3, 50, 99, 7, 20])
    at = torch.linspace(0, 3.999, 40)
    start, share = at.long(), (at % 1)[:, None]
    return tuple(
        values[start] * (1 - share) + values[start + 1] * share
        for values in (torch.tensor(samples[rows]).float() for samples in (data.expression_samples, data.jaw_samples))
    )


@pytest.fixture(scope="session")
def tracked(synthetic):
    """Makes a tracked frame."""

    def make(head, number, expression=None, jaw=(0.0, 0.0, 0.0), turn=(0.0, 0.0, 0.0), place=(0.0, 0.0, 0.8), **camera):
        height, width = camera.get("size", (48, 64))
        rotation = (HEAD_TO_CAMERA @ matrix_from_axis_angle(torch.tensor(turn)))[None]
        middle = torch.tensor([[(width - 1) / 2, (height - 1) / 2]])
        at = torch.tensor([place])
        if camera.get("orthographic"):
            seen = OrthographicCamera(torch.tensor([200.0]), rotation, middle + 200.0 * at[:, :2])
        else:
            seen = PerspectiveCamera(torch.tensor([camera.get("focal_px", 300.0)]), middle, rotation, at)
        rgb = np.full((height, width, 3), 8 * number % 256, np.uint8)
        expression = torch.zeros(1, head.n_expression) if expression is None else torch.as_tensor(expression)[None]
        changes = dict(head=head, expressions=expression.float(), cameras=seen, photo=rgb, hidden_mask=None)
        changes["jaw"] = torch.as_tensor(jaw)[None].float()
        if head.data.name != "ball":
            changes |= dict(identities=torch.zeros(6, head.n_identity))
        result = synthetic.ball_reconstruction(1, **changes)
        return TrackedFrame(Frame(number, number / FPS, rgb), SeenFace.__new__(SeenFace), result)

    return make
