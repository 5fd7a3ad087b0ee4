"""Four vertices and millimetre steps: every figure can be worked out by hand."""

import math

import pytest
import torch
from torch import Tensor

from manyfaces.core.errors import ChoiceError
from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.metrics import (
    VertexLaw,
    aligned_to_truth,
    occluded_diversity,
    pair_distances_mm,
    rms_distance_mm,
    sample_errors_mm,
    self_distance_mm,
)

MM = 0.001
TRUTH = torch.tensor([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.1]])
VISIBLE, OCCLUDED = torch.tensor([True, True, False, False]), torch.tensor([False, False, True, True])
ALL = torch.ones(4, dtype=torch.bool)


def faces(*moves_mm: tuple[float, float]) -> Tensor:
    """The truth with its visible vertices moved along x, its occluded ones along y."""
    samples = TRUTH.repeat(len(moves_mm), 1, 1)
    for sample, (seen, hidden) in zip(samples, moves_mm, strict=True):
        sample[VISIBLE, 0] += seen * MM
        sample[OCCLUDED, 1] += hidden * MM
    return samples


def law(limit: float = 4.0, deviation_mm: float = 1.0) -> VertexLaw:
    """Deviations alike in all directions: a displacement of d mm is d / deviation_mm long."""
    whitening = (1000 / deviation_mm * torch.eye(3)).repeat(4, 1, 1)
    return VertexLaw(TRUTH, ALL, TRUTH, whitening, torch.full((4,), limit))


def random_faces(n: int, seed: int = 0) -> Tensor:
    return TRUTH + 0.002 * torch.randn(n, 4, 3, generator=torch.Generator().manual_seed(seed))


def moved(samples: Tensor) -> Tensor:
    turn = matrix_from_axis_angle(torch.tensor([0.3, -1.0, 0.5]))
    return samples @ turn.mT + torch.tensor([0.1, 0.2, 0.3])


def test_rms_is_one_length_a_vertex() -> None:
    first = TRUTH.clone()
    first[0] += torch.tensor([1.0, 2.0, 2.0]) * MM  # length 3; over two vertices sqrt(9 / 2), not sqrt(9 / 6)
    assert float(rms_distance_mm(first, TRUTH, VISIBLE)) == pytest.approx(math.sqrt(4.5), rel=1e-5)
    assert float(rms_distance_mm(first, TRUTH, OCCLUDED)) == 0
    assert rms_distance_mm(first, TRUTH, ~ALL).isnan()


def test_se_and_cse_by_hand() -> None:
    samples = faces((3, 0), (0, 4), (3, 4))
    errors = sample_errors_mm(samples, TRUTH, ALL)
    assert errors.tolist() == pytest.approx([math.sqrt(9 / 2), math.sqrt(16 / 2), math.sqrt(25 / 2)], rel=1e-4)
    assert sample_errors_mm(samples, TRUTH, VISIBLE).tolist() == pytest.approx([3, 0, 3], abs=1e-4)


def test_self_distances_by_hand() -> None:
    samples = faces((0, 0), (1, 9), (4, 9))
    pairs = pair_distances_mm(samples, VISIBLE)
    assert pairs.flatten().tolist() == pytest.approx([0, 1, 4, 1, 0, 3, 4, 3, 0], abs=1e-4)
    assert float(self_distance_mm(samples, VISIBLE)) == pytest.approx((1 + 1 + 3) / 3, rel=1e-4)
    assert float(self_distance_mm(samples, VISIBLE, "farthest")) == pytest.approx((4 + 3 + 4) / 3, rel=1e-4)


@pytest.mark.parametrize(("mode", "limit"), [("md", 10.0), ("literal", 10.0)])
def test_asd_o_by_hand(mode, limit: float) -> None:
    # Off the truth by 1 and 2 of 10 where seen; 5 of 10 apart where hidden.
    samples = faces((1, 0), (2, 5))
    found = occluded_diversity(samples, samples, TRUTH, VISIBLE, OCCLUDED, law(limit), mode)
    expected = (2 * 0.9 * 0.5 / 1.4 + 2 * 0.8 * 0.5 / 1.3) / 2
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_asd_o_in_md_is_free_of_units_and_literal_is_not() -> None:
    samples = faces((1, 0), (2, 5))
    fine = law(limit=20.0, deviation_mm=0.5)  # the same limits in millimetres
    given = (samples, samples, TRUTH, VISIBLE, OCCLUDED)
    md = [float(occluded_diversity(*given, one, "md")) for one in (law(10.0), fine)]
    literal = [float(occluded_diversity(*given, one, "literal")) for one in (law(10.0), fine)]
    assert md[0] == pytest.approx(md[1], rel=1e-4)
    assert literal[0] != pytest.approx(literal[1], rel=0.05)


def test_asd_o_takes_the_neighbour_on_the_occluded_vertices() -> None:
    # By its visible vertices the first is nearest to the third, by its occluded ones to the second.
    samples = faces((0, 0), (9, 1), (0, 8))
    found = occluded_diversity(samples, samples, TRUTH, VISIBLE, OCCLUDED, law(10.0))
    per_sample = [2 * 1 * 0.1 / 1.1, 2 * 0.1 * 0.1 / 0.2, 2 * 1 * 0.7 / 1.7]
    assert float(found) == pytest.approx(sum(per_sample) / 3, rel=1e-3)


def test_asd_o_of_faces_that_are_all_wrong_and_all_alike_is_zero() -> None:
    samples = faces((50, 0), (50, 0))
    assert float(occluded_diversity(samples, samples, TRUTH, VISIBLE, OCCLUDED, law(4.0))) == 0


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ChoiceError, match="literal"):
        occluded_diversity(*[faces((0, 0), (1, 1))] * 2, TRUTH, VISIBLE, OCCLUDED, law(), "mm")


def test_the_truth_has_no_error_and_equal_samples_no_diversity() -> None:
    same = random_faces(1).expand(5, -1, -1)
    assert float(sample_errors_mm(TRUTH.expand(5, -1, -1), TRUTH, ALL).max()) == 0
    assert float(self_distance_mm(same, ALL)) == 0
    assert float(self_distance_mm(same, ALL, "farthest")) == 0
    assert float(occluded_diversity(same, same, TRUTH, VISIBLE, OCCLUDED, law())) == 0


def test_a_moved_truth_has_no_error_after_alignment() -> None:
    aligned = aligned_to_truth(moved(TRUTH)[None], TRUTH, ALL)
    assert float(sample_errors_mm(aligned, TRUTH, ALL)) == pytest.approx(0, abs=1e-3)


def test_alignment_scales_only_when_asked() -> None:
    larger = 1.1 * moved(TRUTH)[None]
    assert float(sample_errors_mm(aligned_to_truth(larger, TRUTH, ALL), TRUTH, ALL)) > 3
    scaled = aligned_to_truth(larger, TRUTH, ALL, with_scale=True)
    assert float(sample_errors_mm(scaled, TRUTH, ALL)) == pytest.approx(0, abs=1e-3)


def test_alignment_looks_at_its_region_alone() -> None:
    region = torch.tensor([True, True, True, False])
    sample = moved(TRUTH)[None].clone()
    sample[0, 3] += 0.05
    errors = sample_errors_mm(aligned_to_truth(sample, TRUTH, region), TRUTH, region)
    assert float(errors) == pytest.approx(0, abs=1e-3)


def test_figures_do_not_depend_on_the_order_of_samples_nor_on_a_motion_of_all() -> None:
    samples, order = random_faces(6), torch.tensor([3, 1, 5, 0, 2, 4])
    for change in (lambda x: x[order], moved):
        changed = change(samples)
        aligned, aligned_changed = (aligned_to_truth(x, TRUTH, ALL) for x in (samples, changed))
        for figure in (
            lambda raw, on_truth: sample_errors_mm(on_truth, TRUTH, ALL).mean(),
            lambda raw, on_truth: sample_errors_mm(on_truth, TRUTH, ALL).amin(),
            lambda raw, on_truth: self_distance_mm(raw, VISIBLE),
            lambda raw, on_truth: self_distance_mm(raw, VISIBLE, "farthest"),
            lambda raw, on_truth: occluded_diversity(raw, on_truth, TRUTH, VISIBLE, OCCLUDED, law()),
        ):
            assert float(figure(changed, aligned_changed)) == pytest.approx(float(figure(samples, aligned)), rel=1e-3)


def test_a_batch_gives_what_its_images_give_alone() -> None:
    samples = torch.stack([random_faces(5, seed) for seed in range(3)])
    truth, region = TRUTH.expand(3, -1, -1), torch.stack([VISIBLE, OCCLUDED, ALL])
    hidden = ~region
    hidden[2] = OCCLUDED
    figures = {
        "errors": lambda x, t, r, o: sample_errors_mm(x, t, r),
        "aligned": lambda x, t, r, o: aligned_to_truth(x, t, r | True),
        "pairs": lambda x, t, r, o: pair_distances_mm(x, r),
        "asd-o": lambda x, t, r, o: occluded_diversity(x, x, t, r, o, law()),
    }
    for name, figure in figures.items():
        together = figure(samples, truth, region, hidden)
        alone = torch.stack([figure(samples[k], truth[k], region[k], hidden[k]) for k in range(3)])
        assert torch.allclose(together, alone, atol=1e-5), name
