"""Ranking by the candidates' agreement."""

import pytest
import torch

from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.methods.ofer import Consensus, FrontFace
from manyfaces.methods.ofer.consensus import mutual_distance, shape_alone

N_VERTICES, N_IDENTITY = 12, 5


@pytest.fixture
def front() -> FrontFace:
    source = torch.Generator().manual_seed(0)
    return FrontFace(
        50 * torch.randn(N_VERTICES, 3, generator=source), torch.randn(N_IDENTITY, N_VERTICES, 3, generator=source)
    )


def test_mutual_distance_of_three_faces() -> None:
    faces = torch.tensor([[[0.0, 0.0], [2.0, 0.0], [2.0, 4.0]]])
    # Pairs are 1, 3 and 2 apart (mean over two coordinates); each face is nothing from itself.
    assert torch.allclose(mutual_distance(faces), torch.tensor([[4.0, 3.0, 5.0]]) / 3)


def test_the_medoid_comes_first(front: FrontFace) -> None:
    identities = torch.randn(3, 20, N_IDENTITY, generator=torch.Generator().manual_seed(1))
    faces = identities @ shape_alone(front)
    medoid = (faces[:, :, None] - faces[:, None]).abs().sum((-1, -2)).argmin(1)
    found = Consensus(front).rank(None, identities)
    assert torch.equal(found.order[:, 0], medoid)
    assert torch.allclose(found.scores.sum(1), torch.ones(3))


def test_a_rigid_motion_is_no_shape(front: FrontFace) -> None:
    shift = torch.tensor([[1.0, -2.0, 0.5]]).expand(N_VERTICES, -1)
    turn = front.template_mm @ matrix_from_axis_angle(torch.tensor([0.0, 1e-4, 2e-4])).mT - front.template_mm
    moved = FrontFace(front.template_mm, torch.stack([shift, turn]))
    assert shape_alone(moved).abs().max() < 1e-4 * turn.abs().max() + 1e-5
    # What is shape already stays as it is.
    once = shape_alone(front)
    again = shape_alone(FrontFace(front.template_mm, once.view_as(front.basis_mm)))
    assert torch.allclose(again, once, atol=1e-5)
    assert not torch.allclose(once.view_as(front.basis_mm), front.basis_mm, atol=1e-2)


def test_consensus_of_fair_draws_is_nearer_to_the_truth_than_one_of_them(front: FrontFace) -> None:
    source = torch.Generator().manual_seed(2)
    truth, candidates = (
        torch.randn(200, 1, N_IDENTITY, generator=source),
        torch.randn(200, 50, N_IDENTITY, generator=source),
    )
    error = ((candidates - truth) @ shape_alone(front)).abs().mean(-1)
    chosen = error.gather(1, Consensus(front).rank(None, candidates).order[:, :1])
    assert chosen.mean() < 0.85 * error.mean()
