"""Skin that is read off pictures, by what a network says of them."""

from dataclasses import replace

import pytest
import torch

from manyfaces.core.seeds import torch_generator
from manyfaces.data.subjects import CameraConfig, FrameConfig, FrameLaw, PicturedSource, SubjectConfig, SubjectLaw
from manyfaces.faces import CoefficientLayout
from manyfaces.io.face_models import load_face_model
from manyfaces.methods.personal import OPEN, CoarseNet, detail_surface

LAYOUT = CoefficientLayout(identity=12, expression=53, albedo=20)
N, SIDE = 2, 48


class Told(CoarseNet):
    """Says what it was told, one picture after the other."""

    def __init__(self, vectors):
        super().__init__(replace(OPEN.coarse, layout=LAYOUT))
        self.left = list(vectors.split(1))
        self.sizes = []

    def forward(self, pictures):
        self.sizes.append(tuple(pictures.shape))
        return self.left.pop(0)


@pytest.fixture(scope="module")
def law():
    face = load_face_model("openhead", LAYOUT)
    # Persons whom coefficients can give exactly, so that a network may be right.
    return SubjectLaw(face, detail_surface(face.head, SIDE), SubjectConfig(gap_mm=(0.0, 0.0)))


@pytest.fixture(scope="module")
def frames(law):
    return FrameLaw(law.face, FrameConfig(neutral=0.0, mood=1.0))


def drawn(law, frames, change=lambda c: c, hidden=0.0):
    """Examples of a network that knows the truth but for a change, and the truth."""
    subject = law.draw(0, 3)
    c = frames.sample(subject, N, torch_generator(0, "test"))
    network = Told(change(c).joined())
    source = PicturedSource(law, frames, network, CameraConfig(hidden=hidden, hidden_area=(0.5, 0.6)))
    return source.frames_of(subject, N, torch_generator(0, "test")), subject, c, network


def test_a_network_that_is_right_shows_skin_where_it_is(law, frames):
    seen, subject, c, network = drawn(law, frames)
    side = OPEN.coarse.picture_px
    assert network.sizes == [(1, 3, side, side)] * N
    assert torch.equal(seen.coefficients, c.joined())
    assert seen.frame.tolist() == [0, 1]
    assert seen.subject.tolist() == [3, 3]
    true_m = subject.displacement_m(seen.tension) * law.surface.skin
    on_skin = (seen.visible > 0) & (law.surface.skin == 1)
    assert on_skin.float().mean() > 0.15
    # Through the picture and back, but for what is finer than pixels and texels.
    both = torch.stack([seen.displacement_m[on_skin], true_m[on_skin]])
    assert torch.corrcoef(both)[0, 1] > 0.95
    assert torch.equal(seen.displacement_m[seen.visible == 0], (true_m * (law.surface.skin > 0))[seen.visible == 0])
    assert not seen.texture[(seen.visible == 0)[:, None].expand(-1, 3, -1, -1)].any()


def test_truth_goes_along_with_a_network_that_is_wrong(law, frames):
    right, *_ = drawn(law, frames)
    aside = torch.tensor([0.0, 0.12, 0.0])
    wrong, *_ = drawn(law, frames, lambda c: replace(c, angles=c.angles + aside))
    both = (right.visible > 0) & (wrong.visible > 0) & (law.surface.skin == 1)
    moved = torch.stack([wrong.displacement_m[both], right.displacement_m[both]])
    assert torch.corrcoef(moved)[0, 1] < 0.9
    # What skin and picture say still fits: both have moved.
    assert (wrong.texture - right.texture).abs().mean() > 0.01


def test_something_hides_skin(law, frames):
    whole, *_ = drawn(law, frames)
    covered, *_ = drawn(law, frames, hidden=1.0)
    assert covered.visible.sum() < 0.7 * whole.visible.sum()
    assert not (covered.visible * (1 - whole.visible)).any()


def test_the_same_seed_takes_the_same_pictures(law, frames):
    first, *_ = drawn(law, frames)
    again, *_ = drawn(law, frames)
    assert torch.equal(first.texture, again.texture)
    assert (first.texture[0] != first.texture[1]).any()
