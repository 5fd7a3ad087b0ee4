"""Tension: the four readings by hand, antisymmetry to the last bit, and nothing that overflows."""

import pytest
import torch

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.geometry import edge_tension, edges, matrix_from_axis_angle, vertex_tension

NEUTRAL = torch.tensor([1.2, 1.5, 0.5], dtype=torch.float64)
CURRENT = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
STAR = torch.tensor([[0, 1], [0, 2], [0, 3]])


def star(lengths: torch.Tensor) -> torch.Tensor:
    """Vertex 0 in the middle, 1 to 3 along the axes, and 4 without an edge."""
    return torch.cat([lengths.new_zeros(1, 3), torch.diag(lengths), lengths.new_ones(1, 3)])


@pytest.mark.parametrize(
    ("form", "scale", "each", "mean"),
    [
        ("tanh", 1.0, (0.0996680, -0.2449187, 0.0), -0.0484169),
        ("tanh", 5.0, (0.4621172, -0.8482836, 0.0), -0.1287222),
        ("factor", 5.0, (0.0909091, -0.1428571, 0.0), -0.0173160),
        ("power", 5.0, (0.4266581, -0.6164167, 0.0), -0.0632529),
        ("strain", 5.0, (1 / 6, -1 / 3, 0.0), -0.0555556),
    ],
)
def test_the_readings_by_hand(form, scale, each, mean):
    found = edge_tension(NEUTRAL, CURRENT, form, scale)
    torch.testing.assert_close(found, torch.tensor(each, dtype=torch.float64), atol=5e-8, rtol=0)
    at_vertices = vertex_tension(star(NEUTRAL), star(CURRENT), STAR, form, scale)
    torch.testing.assert_close(at_vertices[1:4], found)
    assert float(at_vertices[0]) == pytest.approx(mean, abs=5e-8)
    assert float(at_vertices[4]) == 0


def test_a_fifth_off_the_median_edge_is_about_a_third():
    assert float(edge_tension(torch.tensor([3.17e-3]), torch.tensor([0.8 * 3.17e-3]))) == pytest.approx(0.307, abs=1e-3)


def heads(seed: int = 0, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    neutral = 0.1 * torch.rand(2, 40, 3, generator=generator, dtype=dtype)
    faces = torch.randint(38, (60, 3), generator=generator)
    pairs = edges(faces)
    current = neutral + 0.01 * torch.rand(2, 40, 3, generator=generator, dtype=dtype)
    return neutral, current, pairs[pairs.diff()[:, 0] > 0]


@pytest.mark.parametrize("form", ["tanh", "factor", "power"])
def test_swapping_the_meshes_negates_to_the_last_bit(form):
    neutral, current, pairs = heads()
    forth, back = vertex_tension(neutral, current, pairs, form), vertex_tension(current, neutral, pairs, form)
    assert torch.equal(forth, -back)
    assert forth.abs().max() <= 1
    assert forth.any()
    assert not forth[:, 38:].any()  # no edges
    assert not vertex_tension(current, current, pairs, form).any()


def test_where_the_meshes_are_and_how_they_are_turned_does_not_matter():
    neutral, current, pairs = heads(dtype=torch.float64)
    turn = matrix_from_axis_angle(torch.tensor([0.3, -1.0, 0.4], dtype=torch.float64))
    moved = vertex_tension(neutral + 2, current @ turn.mT - 1, pairs)
    torch.testing.assert_close(moved, vertex_tension(neutral, current, pairs), atol=1e-10, rtol=0)


def test_one_neutral_mesh_for_many():
    neutral, current, pairs = heads()
    alone = vertex_tension(neutral[0], current, pairs)
    torch.testing.assert_close(alone[1], vertex_tension(neutral[0], current[1], pairs))


@pytest.mark.parametrize("form", ["tanh", "factor", "power", "strain"])
def test_lengths_that_overflow_exponentials_and_lengths_of_zero_stay_finite(form):
    # exp(100 * 2) is infinite in single precision, and infinity over infinity is no number.
    lengths = torch.tensor([1.2, 1.5, 0.5, 0.0, 1e4]), torch.tensor([1.0, 2.0, 0.5, 0.0, 0.0])
    assert edge_tension(*lengths, form, 100.0).isfinite().all()
    neutral, current = star(torch.tensor([1.0, 0.0, 2.0])), star(torch.tensor([0.0, 0.0, 2.0])).requires_grad_()
    vertex_tension(neutral, current, STAR, form).sum().backward()
    assert current.grad is not None
    assert current.grad.isfinite().all()


@pytest.mark.parametrize("form", ["tanh", "factor", "power", "strain"])
def test_gradient(form):
    neutral, current, pairs = heads(dtype=torch.float64)
    inputs = neutral[:1, :12].clone().requires_grad_(), current[:1, :12].clone().requires_grad_()
    few = pairs[(pairs < 12).all(-1)]
    assert len(few)
    assert torch.autograd.gradcheck(lambda a, b: vertex_tension(a, b, few, form, 5.0), inputs)


def test_unknown_forms_and_scales_are_refused():
    with pytest.raises(ChoiceError, match="tanh, factor, power, strain"):
        edge_tension.__wrapped__(NEUTRAL, CURRENT, "exp")
    with pytest.raises(InputError, match="above zero"):
        edge_tension(NEUTRAL, CURRENT, scale=0.0)
