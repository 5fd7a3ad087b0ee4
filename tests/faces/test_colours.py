"""Colours and light settled on what is seen."""

from dataclasses import replace

import pytest
import torch

from manyfaces.faces import FaceLaw
from manyfaces.faces.colours import settle_colours

TRUST, DARK = 1.0, 0.05


@pytest.fixture(scope="module")
def law(layout):
    mean, deviation = (layout.split(value * torch.ones(layout.size)) for value in (0.0, 1.0))
    return FaceLaw(mean, replace(deviation, light=0.15 * deviation.light))


@pytest.fixture(scope="module")
def truth(told):
    generator = torch.Generator().manual_seed(3)
    albedo = torch.randn(20, generator=generator) * 0.7
    light = (0.12 * torch.randn(1, 9, generator=generator)).expand(3, 9)
    return replace(told, albedo=albedo, light=light)


def lit(face, c):
    return face.colours(c)


def test_what_is_seen_is_explained(face, told, truth, law):
    skin = (face.head.mask("skin") & face.head.mask("front")).float()
    settled = settle_colours(face, told, lit(face, truth), skin, law)
    error = (lit(face, settled) - lit(face, truth)).abs()[skin > 0]
    before = (lit(face, told) - lit(face, truth)).abs()[skin > 0]
    assert float(error.mean()) < 0.15 * float(before.mean())
    assert torch.equal(settled.identity, told.identity)


def test_things_before_the_skin_change_little(face, told, truth, law):
    skin = (face.head.mask("skin") & face.head.mask("front")).float()
    covered = lit(face, truth).clone()
    covered[face.head.template[:, 0] > 0.02] = DARK  # a third of the face, and trusted by mistake
    clear, disturbed = (settle_colours(face, told, seen, skin, law) for seen in (lit(face, truth), covered))
    open_side = (skin > 0) & (face.head.template[:, 0] < 0.01)
    change = (lit(face, disturbed) - lit(face, clear)).abs()[open_side]
    assert float(change.mean()) < 0.05


def test_where_nothing_is_trusted_nothing_changes(face, told, truth, law):
    assert settle_colours(face, told, lit(face, truth), torch.zeros(face.head.n_vertices), law) is told


def test_what_is_hidden_stays_usual(face, told, truth, law):
    chin = (face.head.mask("front") & (face.head.template[:, 1] < -0.03)).float()
    settled = settle_colours(face, told, lit(face, truth), chin, law)
    # Nothing of the brows is seen: their colours stay at the law's mean.
    torch.testing.assert_close(settled.albedo[5:7], torch.zeros(2), atol=1e-3, rtol=0)
