"""The ranker's view of a set of candidates: what is shape, what the set agrees on."""

from dataclasses import replace

import pytest
import torch

from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.methods.ofer import OPEN, FrontFace, IdRank
from manyfaces.methods.ofer.config import OferConfig
from manyfaces.methods.ofer.idrank import mutual_distance

N_VERTICES, N_IDENTITY = 12, 5


@pytest.fixture
def config() -> OferConfig:
    small = replace(OPEN.idrank, widths=(32,), n_vertices=N_VERTICES)
    return replace(OPEN, n_identity=N_IDENTITY, rank_condition_dim=4, idrank=small)


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


def test_an_untrained_ranker_prefers_the_medoid(config: OferConfig, front: FrontFace) -> None:
    ranker = IdRank(config, front)
    identities = torch.randn(3, 20, N_IDENTITY, generator=torch.Generator().manual_seed(1))
    faces = identities @ front.aligned().basis_mm.flatten(1)
    medoid = torch.cdist(faces, faces, p=1.0).sum(-1).argmin(1)
    found = ranker.rank(torch.randn(3, 4), identities)
    assert torch.equal(found.order[:, 0], medoid)


def test_the_papers_ranker_sees_no_other_candidate(config: OferConfig, front: FrontFace) -> None:
    ranker = IdRank(replace(config, idrank=replace(config.idrank, consensus=False)), front)
    assert ranker.consensus_weight is None
    assert "consensus_weight" not in ranker.state_dict()


def test_aligned_faces_hold_no_rigid_motion(front: FrontFace) -> None:
    shift = torch.tensor([[1.0, -2.0, 0.5]]).expand(N_VERTICES, -1)
    turn = front.template_mm @ matrix_from_axis_angle(torch.tensor([0.0, 1e-4, 2e-4])).mT - front.template_mm
    moved = FrontFace(front.template_mm, torch.stack([shift, turn]))
    assert moved.aligned().basis_mm.abs().max() < 1e-4 * turn.abs().max() + 1e-5
    # What is shape already stays as it is.
    once = front.aligned()
    assert torch.allclose(once.aligned().basis_mm, once.basis_mm, atol=1e-5)
    assert not torch.allclose(once.basis_mm, front.basis_mm, atol=1e-2)
