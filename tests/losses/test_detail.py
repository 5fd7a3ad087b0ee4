"""Losses of displacement maps: vectors by hand, and what the composites are made of."""

import math
from dataclasses import replace

import pytest
import torch
from skimage.metrics import structural_similarity

from manyfaces.core.errors import InputError
from manyfaces.losses import (
    DetailedFace,
    DetailWeights,
    SeenTexture,
    animated_detail_loss,
    detail_loss,
    displacement_l1,
    displacement_ssim,
    hidden_texels,
    id_mrf_distance,
    id_mrf_loss,
    magnitude_loss,
    smoothness_loss,
    ssim,
    symmetry_loss,
    teacher_loss,
)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def displacements(size: int = 96, seed: int = 0) -> torch.Tensor:
    """Uniform noise over the whole range."""
    return 0.02 * draw(1, size, size, seed=seed) - 0.01


def test_ssim_is_the_published_one():
    first, second = draw(2, 24, 31), draw(2, 24, 31, seed=1)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 2.0}
    expected = [structural_similarity(a.numpy(), b.numpy(), **options) for a, b in zip(first, second, strict=True)]
    torch.testing.assert_close(ssim(first, second, 2.0), torch.tensor(expected, dtype=torch.float64))
    with pytest.raises(InputError, match="11 x 11"):
        ssim(first[:, :10], second[:, :10])


def test_ssim_of_mapped_displacements():
    noise = displacements()
    assert float(displacement_ssim(noise, noise)) == pytest.approx(1.0)
    assert float(displacement_ssim(noise, -noise)) == pytest.approx(-0.96, abs=0.01)
    assert float(displacement_ssim(noise, 0 * noise)) == pytest.approx(0.011, abs=0.003)
    # What the mapping is for: in metres a map and its negative are nearly the same.
    assert float(ssim(noise, -noise)) > 0.7


def test_displacement_losses_by_hand():
    first, second = (torch.full((1, 12, 12), m, dtype=torch.float64) for m in (0.004, -0.001))
    assert float(displacement_l1(first, second)) == pytest.approx(0.5)
    assert float(magnitude_loss(second)) == pytest.approx(0.1)
    loss = teacher_loss(first, second)
    # Mapped to 0.7 and 0.45; without variance only the means are compared.
    likeness = (2 * 0.7 * 0.45 + 1e-4) / (0.49 + 0.2025 + 1e-4)
    assert float(loss.structure) == pytest.approx(1 - likeness, rel=1e-4)
    assert float(loss.total) == pytest.approx(0.5 + 1 - likeness, rel=1e-4)


def test_the_teacher_is_constant():
    student, teacher = displacements(12).requires_grad_(), displacements(12, seed=1).requires_grad_()
    teacher_loss(student, teacher).total.backward()
    assert teacher.grad is None
    assert student.grad is not None
    start = draw(1, 12, 12, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(lambda s: teacher_loss(0.008 * s, teacher).total, start)


def test_smoothness_by_hand():
    ramp = (0.5 * torch.arange(5.0)).expand(1, 4, 5)[..., None]
    assert float(smoothness_loss(ramp)) == pytest.approx(0.25)
    assert float(smoothness_loss(ramp.transpose(1, 2))) == pytest.approx(0.25)
    # Two of the five columns count: one step of four between them.
    valid = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0]).expand(1, 4, 5)
    assert float(smoothness_loss(ramp, valid)) == pytest.approx(0.25 / 4)


def test_symmetry_by_hand():
    relief = torch.tensor([[[0.002, 0.0, 0.0, 0.006]]]).requires_grad_()
    hidden = torch.tensor([[[1.0, 0.0, 0.0, 0.0]]])
    loss = symmetry_loss(relief, hidden)
    assert loss.item() == pytest.approx(0.4 / 4)
    loss.backward()
    assert relief.grad is not None
    assert relief.grad.flatten().tolist() == pytest.approx([-25.0, 0, 0, 0])  # the mirror image is constant
    assert float(symmetry_loss((relief + relief.flip(-1)).detach(), torch.ones(1, 1, 4))) == 0


def test_hidden_texels_leave_a_margin():
    visible = torch.zeros(1, 15, 15)
    visible[:, 3:12, 3:12] = 1
    hidden = hidden_texels(visible)
    expected = torch.ones(1, 15, 15)
    expected[:, 5:10, 5:10] = 0
    assert torch.equal(hidden, expected)


def test_id_mrf_of_equal_maps_is_zero_and_of_a_flat_render_the_log_of_the_positions():
    photo = draw(2, 8, 3, 4)
    torch.testing.assert_close(id_mrf_distance(photo, photo), torch.zeros(2, dtype=torch.float64), atol=1e-9, rtol=0)
    # Rendered positions are all alike: each photo position gets its share of one row, and shares sum to one.
    flat = draw(2, 8, 1, 1, seed=1).expand(2, 8, 3, 4)
    torch.testing.assert_close(id_mrf_distance(flat, photo), torch.full((2,), math.log(12), dtype=torch.float64))


def test_id_mrf_does_not_ask_where():
    photo = draw(1, 8, 3, 4)
    shuffled = photo.flatten(2)[..., torch.randperm(12, generator=torch.Generator().manual_seed(0))].view_as(photo)
    assert float(id_mrf_distance(shuffled, photo)) == pytest.approx(0, abs=1e-9)


def test_id_mrf_by_hand():
    # About their mean, the photo's two positions are (1, 0) and (-1, 0); the render's at right angles to both and at
    # the first. Distances (1/2, 1/2) and (0, 1): shares (1/2, 1/2) and (1, 0). Best: 1 and 1/2.
    photo = torch.tensor([[1.0, -1.0], [0.0, 0.0]])[None, :, None]
    render = torch.tensor([[0.0, 1.0], [1.0, 0.0]])[None, :, None]
    assert float(id_mrf_distance(render, photo)) == pytest.approx(-math.log(0.75), rel=1e-5)


def test_id_mrf_sums_layers():
    layers = (draw(2, 4, 2, 3), draw(2, 5, 2, 2)), (draw(2, 4, 2, 3, seed=1), draw(2, 5, 2, 2, seed=1))
    each = [id_mrf_distance(r, p).mean() for r, p in zip(*layers, strict=True)]
    torch.testing.assert_close(id_mrf_loss(*layers), each[0] + each[1])
    torch.testing.assert_close(id_mrf_loss(*layers, weights=(1.0, 2.0)), each[0] + 2 * each[1])
    with pytest.raises(InputError, match="every layer"):
        id_mrf_loss(layers[0], layers[1][:1])


def face(seed: int) -> DetailedFace:
    return DetailedFace(
        displacement_m=displacements(16, seed).expand(2, -1, -1),
        texture=draw(2, 16, 16, 3, seed=seed),
        shading=draw(2, 16, 16, 1, seed=seed + 1),
        features=(draw(2, 4, 3, 3, seed=seed),),
    )


def seen() -> SeenTexture:
    visible = torch.zeros(2, 16, 16, dtype=torch.float64)
    visible[:, :, :9] = 1
    surface = torch.ones(16, 16, dtype=torch.float64)
    return SeenTexture(draw(2, 16, 16, 3, seed=9), visible, surface, (draw(2, 4, 3, 3, seed=9),))


def test_the_teachers_loss_by_its_terms():
    weights = DetailWeights(photometric=3.0, mrf=0.7, smoothness=0.2, magnitude=0.4)
    loss = detail_loss(face(0), seen(), weights)
    expected = 3 * loss.photometric + 0.7 * loss.mrf + 0.2 * loss.smoothness + 0.4 * loss.magnitude
    torch.testing.assert_close(loss.total, expected)
    torch.testing.assert_close(loss.mrf, id_mrf_loss(face(0).features, seen().features))
    # Half the map and one texel column are visible; texels off them do not count.
    apart = (face(0).texture - seen().texture).abs().mean(-1)[..., :9].sum() / (2 * 16 * 16)
    torch.testing.assert_close(loss.photometric, apart)


def test_without_features_the_rest_stands():
    bare = detail_loss(replace(face(0), features=()), seen())
    assert float(bare.mrf) == 0
    torch.testing.assert_close(bare.total, detail_loss(face(0), seen(), DetailWeights(mrf=0.0)).total)


def test_consistency_holds_the_other_three_and_not_itself():
    teacher = displacements(16, 5).expand(2, -1, -1)
    weights = DetailWeights(consistency=0.5)
    # The frame swapped with itself: the loss counts one and a half times.
    same = animated_detail_loss(face(0), face(0), seen(), teacher, weights)
    parts = same.detail + weights.teacher * same.teacher + weights.symmetry * same.symmetry
    torch.testing.assert_close(same.consistency, parts)
    torch.testing.assert_close(same.total, 1.5 * parts)
    other = animated_detail_loss(face(0), face(3), seen(), teacher, weights)
    torch.testing.assert_close(other.consistency, animated_detail_loss(face(3), face(3), seen(), teacher).consistency)
    assert float(other.detail) == float(same.detail)
