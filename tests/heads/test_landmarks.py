"""The jaw line that moves with the head's turn: which row, and where its points lie."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from manyfaces.core.errors import HeadFileError, InputError
from manyfaces.heads import ContourEmbedding, HeadModel, LandmarkEmbedding
from manyfaces.heads.landmarks import check_embedding
from manyfaces.io.flame_files import read_flame


def table(n_rows: int, n_points: int = 2, n_faces: int = 7) -> ContourEmbedding:
    rng = np.random.default_rng(0)
    weights = rng.random((n_rows, n_points, 3)).astype(np.float32)
    ids = rng.integers(n_faces, size=(n_rows, n_points)).astype(np.int32)
    return ContourEmbedding(ids, weights / weights.sum(-1, keepdims=True))


@pytest.mark.parametrize(
    ("yaw_deg", "row"),
    [
        (0, 0),
        (0.4, 0),
        (0.6, 1),
        (39, 39),
        (39.4, 39),
        (80, 39),
        (-0.4, 0),
        (-1, 40),
        (-38.6, 78),
        (-39, 78),
        (-80, 78),
    ],
)
def test_the_row_of_a_turn(yaw_deg: float, row: int) -> None:
    contour = table(79)
    assert contour.limit_deg == 39
    assert contour.rows(torch.tensor(math.radians(yaw_deg))).item() == row


def test_points_of_the_jaw_line_are_those_of_their_row(stand_in, tmp_path) -> None:
    head = read_flame([stand_in.write_model(tmp_path), stand_in.write_dynamic(tmp_path)])
    assert head.contour is not None
    model = HeadModel(head)
    vertices = model(torch.randn(2, 3, 10, generator=torch.Generator().manual_seed(0)))
    yaw = torch.tensor([[0.0, 12.0, 90.0], [-1.0, -20.0, -90.0]]).deg2rad()
    found = model.contour(vertices, yaw)
    assert found.shape == (2, 3, 17, 3)
    for place, row in zip(np.ndindex(2, 3), [0, 12, 39, 40, 59, 78], strict=True):
        points = LandmarkEmbedding(head.contour.face_ids[row], head.contour.barycentrics[row])
        alone = HeadModel(dataclasses.replace(head, landmarks={"68": points}))
        torch.testing.assert_close(found[place], alone.landmarks(vertices[place], "68"))
    lone = model.contour(vertices[0, 1], yaw[0, 1])
    torch.testing.assert_close(lone, found[0, 1])


def test_a_head_without_a_jaw_line_says_so(stand_in, tmp_path) -> None:
    model = HeadModel(read_flame([stand_in.write_model(tmp_path)]))
    with pytest.raises(InputError, match="no contour"):
        model.contour(model.neutral(torch.zeros(1)), torch.tensor(0.0))


@pytest.mark.parametrize(
    "changes",
    [
        {"face_ids": np.full((3, 2), 7, np.int32)},
        {"face_ids": np.full((3, 2), -1, np.int32)},
        {"barycentrics": np.zeros((3, 2, 3), np.float32)},
        {"barycentrics": np.full((3, 2, 3), np.nan, np.float32)},
    ],
)
def test_points_must_lie_on_the_head(changes: dict) -> None:
    check_embedding("x", table(3), 7)
    with pytest.raises(HeadFileError):
        check_embedding("x", dataclasses.replace(table(3), **changes), 7)
    with pytest.raises(HeadFileError, match="odd"):
        check_embedding("x", table(4), 7)
