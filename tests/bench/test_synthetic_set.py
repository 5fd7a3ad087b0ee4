import numpy as np
import pytest
import torch

from manyfaces.bench.synthetic_set import SyntheticSetConfig, build_synthetic_set
from manyfaces.detect import FaceMesh
from manyfaces.heads import HeadModel
from manyfaces.io.head_files import load_head
from manyfaces.methods.ofer.point_encoder import PointEncoder


def point_network(tensor: np.ndarray) -> list[np.ndarray]:
    """Points that depend on the picture: noise around the middle, seeded by its mean."""
    generator = np.random.default_rng(int(1e6 * tensor.mean()))
    return [generator.normal(96, 20, (1, 1404)).astype(np.float32), np.full((1, 1), 5.0, np.float32)]


@pytest.fixture(scope="module")
def head() -> HeadModel:
    return HeadModel(load_head("openhead"))


def build(head: HeadModel, seed: int = 0):
    torch.manual_seed(0)
    config = SyntheticSetConfig(n_images=5, n_people=2, n_prior=20, seed=seed)
    return build_synthetic_set(head, FaceMesh(point_network), PointEncoder().eval(), config)


def test_people_come_again_with_other_expressions(head: HeadModel) -> None:
    faces = build(head)
    assert len(faces) == 5
    assert torch.equal(faces.identity[0], faces.identity[2])
    assert not torch.equal(faces.identity[0], faces.identity[1])
    assert len(faces.expression.unique(dim=0)) >= 4  # some may be neutral
    assert faces.prior_expression.shape == (20, head.n_expression + 3)
    assert faces.hidden.shape == (5, int(head.mask("front").sum()))
    assert faces.hidden.any(1).all()
    assert not faces.hidden.all(1).any()


def test_the_same_seed_gives_the_same_set_and_another_seed_another(head: HeadModel) -> None:
    first, again, other = build(head), build(head), build(head, seed=1)
    assert torch.equal(first.condition, again.condition)
    assert torch.equal(first.identity, again.identity)
    assert not torch.equal(first.identity, other.identity)
