import math

import pytest
import torch
from torch import Tensor

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.geometry import matrix_from_axis_angle
from manyfaces.metrics import VertexLaw, fit_vertex_law, implausibility, shape_deviation
from manyfaces.metrics.vertex_law import Threshold

N_VERTICES = 30
ALL = torch.ones(N_VERTICES, dtype=torch.bool)
ANCHOR = torch.arange(N_VERTICES) >= 6
"""The first six move with expressions, the others hardly."""


def template() -> Tensor:
    return 0.1 * torch.randn(N_VERTICES, 3, generator=torch.Generator().manual_seed(7))


def population(n: int = 3000) -> Tensor:
    deviation_mm = torch.where(ANCHOR, 0.05, 2.0)[:, None]
    noise = torch.randn(n, N_VERTICES, 3, generator=torch.Generator().manual_seed(0))
    return template() + 0.001 * deviation_mm * noise


@pytest.fixture(scope="module")
def law() -> VertexLaw:
    return fit_vertex_law(population(), template(), ANCHOR)


def moved(meshes: Tensor) -> Tensor:
    turn = matrix_from_axis_angle(torch.tensor([0.3, -1.0, 0.5]))
    return meshes @ turn.mT + torch.tensor([0.1, 0.2, 0.3])


def test_the_deviations_are_found_in_millimetres(law: VertexLaw) -> None:
    one_mm = torch.zeros(N_VERTICES, 3)
    one_mm[:, 1] = 0.001
    lengths = law.lengths(one_mm)
    assert lengths[:6].tolist() == pytest.approx([1 / math.hypot(2.0, 0.1)] * 6, rel=0.08)
    # Deviations below the floor of 0.1 mm do not weigh without bound.
    assert lengths[6:].tolist() == pytest.approx([1 / math.hypot(0.05, 0.1)] * 24, rel=0.08)


def test_a_covariance_by_hand() -> None:
    anchor = torch.tensor([True, True, True, False])
    still = torch.tensor([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.1]])
    meshes = still.repeat(2, 1, 1)
    meshes[0, 3, 2] += 0.003
    meshes[1, 3, 2] -= 0.003
    found = fit_vertex_law(meshes, still, anchor, floor_mm=1.0)
    # Variance along z: 2 * 3^2 / (2 - 1), plus 1; along x and y nothing but the floor.
    probe = torch.zeros(4, 3)
    probe[3] = torch.tensor([0.0, 0.0, 0.003])
    assert float(found.lengths(probe)[3]) == pytest.approx(3 / math.sqrt(19), rel=1e-3)
    assert float(found.limit[3]) == pytest.approx(3 / math.sqrt(19), rel=1e-3)
    probe[3] = torch.tensor([0.002, 0.0, 0.0])
    assert float(found.lengths(probe)[3]) == pytest.approx(2, rel=1e-3)


def test_the_limits_bound_the_population_and_a_quantile_does_not(law: VertexLaw) -> None:
    meshes = population()
    distances = law.distances(law.aligned(meshes))
    assert bool((distances <= law.limit * (1 + 1e-5)).all())
    robust = fit_vertex_law(meshes, template(), ANCHOR, threshold="quantile")
    share = (robust.distances(robust.aligned(meshes)) > robust.limit).float().mean(0)
    assert share.tolist() == pytest.approx([0.001] * N_VERTICES, abs=2e-4)


def test_one_odd_mesh_moves_the_largest_but_not_the_quantile() -> None:
    meshes = population()
    odd = meshes.clone()
    odd[5, 0] += 0.05
    limits = {}
    for threshold in ("max", "quantile"):
        name: Threshold = threshold
        limits[name] = [float(fit_vertex_law(m, template(), ANCHOR, threshold=name).limit[0]) for m in (meshes, odd)]
    assert limits["max"][1] > 3 * limits["max"][0]
    assert limits["quantile"][1] == pytest.approx(limits["quantile"][0], rel=0.1)


def test_the_population_is_plausible_and_a_spike_is_not(law: VertexLaw) -> None:
    samples = population()[:15]
    assert float(implausibility(samples, law, ALL).excess) == pytest.approx(0, abs=1e-4)
    spiked = samples.clone()
    spiked[3, 0, 2] += 0.1
    found = implausibility(spiked, law, ALL)
    assert float(found.excess) > 0
    assert float(found.share) == pytest.approx(1 / (15 * N_VERTICES), rel=1e-4)


def test_ode_by_hand() -> None:
    mean = template()
    whitening = (1000 * torch.eye(3)).repeat(N_VERTICES, 1, 1)  # 1 mm is one deviation
    law = VertexLaw(mean, ANCHOR, mean, whitening, torch.full((N_VERTICES,), 3.0))
    samples = mean.repeat(2, 1, 1)
    samples[0, 0, 0] += 0.005  # 2 beyond
    samples[1, 1, 0] += 0.004  # 1 beyond
    samples[1, 2, 0] += 0.002  # inside
    region = torch.arange(N_VERTICES) < 4
    found = implausibility(samples, law, region)
    assert float(found.excess) == pytest.approx(3 / 8, rel=1e-3)
    assert float(found.share) == pytest.approx(2 / 8)
    assert implausibility(samples, law, ~ALL).excess.isnan()


def test_std_s_by_hand() -> None:
    mean = template()
    whitening = (1000 * torch.eye(3)).repeat(N_VERTICES, 1, 1)
    law = VertexLaw(mean, ANCHOR, mean, whitening, torch.full((N_VERTICES,), 10.0))
    samples = mean.repeat(2, 1, 1)
    samples[0, 0, 0] += 0.003
    samples[1, 0, 0] -= 0.003  # deviation 3 mm at one of thirty vertices
    found = shape_deviation(samples, law)
    assert float(found.vertex_mm) == pytest.approx(math.sqrt(9 / 30), rel=1e-3)
    assert float(found.shape_mm) == pytest.approx(3, rel=1e-3)
    # Beyond the limit they are left out: nothing is left of the vertex, and nothing varies elsewhere.
    samples[0, 0, 0] += 0.05
    samples[1, 0, 0] -= 0.05
    assert float(shape_deviation(samples, law).vertex_mm) == pytest.approx(0, abs=1e-3)


def test_equal_samples_do_not_deviate(law: VertexLaw) -> None:
    found = shape_deviation(population()[:1].repeat(15, 1, 1), law)
    assert float(found.vertex_mm) == pytest.approx(0, abs=1e-3)


def test_the_place_of_a_mesh_and_the_order_of_samples_do_not_matter(law: VertexLaw) -> None:
    samples = population()[:8].clone()
    samples[:, 0, 1] += 0.03
    for changed in (samples.flip(0), moved(samples)):
        assert float(implausibility(changed, law, ALL).excess) == pytest.approx(
            float(implausibility(samples, law, ALL).excess), rel=1e-3
        )
        assert float(shape_deviation(changed, law).vertex_mm) == pytest.approx(
            float(shape_deviation(samples, law).vertex_mm), rel=1e-3
        )


def test_a_batch_gives_what_its_images_give_alone(law: VertexLaw) -> None:
    samples = population()[:30].reshape(2, 15, N_VERTICES, 3).clone()
    samples[1, :, 1] += 0.03
    region = torch.stack([ALL, torch.arange(N_VERTICES) < 3])
    together = implausibility(samples, law, region).excess
    assert together.tolist() == pytest.approx(
        [float(implausibility(samples[k], law, region[k]).excess) for k in range(2)], rel=1e-4
    )
    assert shape_deviation(samples, law).vertex_mm.shape == (2,)


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="1 meshes"):
        fit_vertex_law(population()[:1], template(), ANCHOR)
    with pytest.raises(ChoiceError, match="quantile"):
        fit_vertex_law(population()[:3], template(), ANCHOR, threshold="median")
