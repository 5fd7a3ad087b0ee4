"""Faces moved onto the points that are seen."""

from dataclasses import replace

import pytest
import torch

from manyfaces.faces import FaceModel
from manyfaces.faces.points import PointSettler

SIGMA_PX = 0.5


@pytest.fixture(scope="module", params=["perspective", "orthographic"])
def seeing(face, layout, request):
    """A face model of either kind of camera."""
    return FaceModel(face.head, layout, request.param)


@pytest.fixture(scope="module")
def deviation(layout):
    ones = layout.split(torch.ones(layout.size))
    return replace(ones, angles=0.2 * ones.angles, translation=0.3 * ones.translation)


@pytest.fixture(scope="module")
def truth(told):
    generator = torch.Generator().manual_seed(4)
    identity = 0.8 * torch.randn(12, generator=generator)
    expression = torch.cat([0.5 * torch.randn(10, generator=generator), torch.tensor([1.5, 0.1, 0.0])])
    angles, translation = torch.tensor([0.1, -0.25, 0.08]), torch.tensor([0.05, -0.1, 0.4])
    return replace(told, identity=identity, expression=expression, angles=angles, translation=translation)


def settle(face, c, truth, seen, deviation):
    weights = seen / SIGMA_PX**2
    return PointSettler(face, "68").settled(c, face.landmarks_px(truth), weights, deviation)


def missed_px(face, c, truth):
    return (face.landmarks_px(c) - face.landmarks_px(truth)).norm(dim=-1)


def test_points_that_are_seen_are_met(seeing, told, truth, deviation):
    settled = settle(seeing, told, truth, torch.ones(68), deviation)
    assert missed_px(seeing, told, truth).mean() > 8
    assert missed_px(seeing, settled, truth).mean() < 0.5
    # What points say nothing of is as it was.
    assert torch.equal(settled.albedo, told.albedo)
    assert torch.equal(settled.light, told.light)


def test_the_result_is_the_minimum(seeing, told, truth, deviation):
    settled = settle(seeing, told, truth, torch.ones(68), deviation)

    def cost(c):
        far = (missed_px(seeing, c, truth) / SIGMA_PX).square().sum()
        parts = [
            (getattr(c, n) - getattr(told, n)) / getattr(deviation, n) for n in ("identity", "expression", "angles")
        ]
        parts.append((c.translation - told.translation) / deviation.translation)
        return float(far + torch.cat(parts).square().sum())

    least = cost(settled)
    for name in ("identity", "expression", "angles", "translation"):
        for k in range(3):
            for step in (-0.05, 0.05):
                other = getattr(settled, name).clone()
                other[-1 - k] += step * getattr(deviation, name)[-1 - k]
                assert cost(replace(settled, **{name: other})) > least


def test_a_coefficient_that_is_held_stays(face, told, truth, deviation):
    held = replace(deviation, identity=torch.zeros(12))
    settled = settle(face, told, truth, torch.ones(68), held)
    assert torch.equal(settled.identity, told.identity)
    assert missed_px(face, settled, truth).mean() < missed_px(face, told, truth).mean() / 3


def test_where_nothing_is_seen_nothing_moves(face, told, truth, deviation):
    settled = settle(face, told, truth, torch.zeros(68), deviation)
    torch.testing.assert_close(settled.joined(), told.joined())


def test_hidden_points_make_no_difference(face, told, truth, deviation):
    seen, settler = torch.zeros(68), PointSettler(face, "68")
    seen[17:48] = 1
    points_px = face.landmarks_px(truth)
    astray_px = points_px + 30 * (1 - seen[:, None])
    settled, other = (settler.settled(told, px, seen / SIGMA_PX**2, deviation) for px in (points_px, astray_px))
    assert torch.equal(settled.joined(), other.joined())
