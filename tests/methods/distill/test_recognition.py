import numpy as np
import pytest
import torch
from torch import Tensor, nn

from manyfaces.losses import margin_cross_entropy
from manyfaces.methods.distill.recognition import (
    ArcFaceRecogniser,
    FaceNetRecogniser,
    FrozenRecogniser,
    SmallRecogniser,
    SmallRecogniserConfig,
    mean_five_px,
)
from manyfaces.nn.resnet import ResNetConfig

TINY = SmallRecogniserConfig(ResNetConfig((1, 1), (8, 16), stem=8), picture_px=32, n_features=12)


class Recorder(nn.Module):
    """A network that keeps what it was shown."""

    def forward(self, pictures: Tensor) -> Tensor:
        self.seen = pictures.detach()
        return pictures.flatten(1)[:, ::997] + 3


def colours(side: int) -> Tensor:
    """A smooth picture whose colours tell the place: red grows to the right, green downwards; edge to edge."""
    along = (torch.arange(side) + 0.5) / side
    return torch.stack([along.expand(side, side), along[:, None].expand(side, side), torch.full((side, side), 0.5)])


def test_the_mean_face_looks_ahead_from_the_middle_of_the_frame():
    five = mean_five_px()
    np.testing.assert_allclose(five[2], [112 + 102 * 0.0033, 111 + 102 * 0.0462], atol=1e-3)
    assert float(five[1, 0] - five[0, 0]) == pytest.approx(102 * (0.3098 + 0.3115), abs=1e-3)
    assert float(five[3, 1]) > float(five[2, 1]) > float(five[0, 1])


def test_arcface_sees_the_face_on_its_template_whatever_the_size_of_the_picture():
    recogniser = ArcFaceRecogniser(Recorder())
    recogniser(colours(224)[None])
    large = recogniser.network.seen
    assert large.shape == (1, 3, 112, 112)
    recogniser(colours(112)[None])
    # Not the border: ArcFace's crop reaches ten pixels above the frame.
    inside = (..., slice(8, None), slice(8, -8))
    torch.testing.assert_close(recogniser.network.seen[inside], large[inside], atol=2e-3, rtol=0)
    assert float(large[0, :, 0].max()) == -1  # black
    # The mean face's nose tip is at (112.3, 115.7) of the frame; ArcFace wants it at (56, 72), within what a similarity
    # of five points can do.
    red, green = (float(large[0, k, 72, 56] + 1) / 2 for k in (0, 1))
    assert red * 224 == pytest.approx(112.8, abs=4)
    assert green * 224 == pytest.approx(116.2, abs=8)


def test_points_of_each_face_move_its_own_crop():
    recogniser = ArcFaceRecogniser(Recorder())
    five = torch.stack([mean_five_px(), mean_five_px() + torch.tensor([11.2, 0.0])])
    recogniser(colours(224).expand(2, 3, 224, 224), five)
    shift = (recogniser.network.seen[1, 0] - recogniser.network.seen[0, 0])[30:80, 30:80]
    torch.testing.assert_close(shift, torch.full_like(shift, 2 * 11.2 / 224), atol=1e-4, rtol=0)


def test_gradients_go_to_the_picture_and_not_to_the_points():
    recogniser = ArcFaceRecogniser(Recorder())
    pictures, five = colours(64)[None].requires_grad_(), mean_five_px()[None].requires_grad_()
    recogniser(pictures, five).sum().backward()
    assert five.grad is None
    assert pictures.grad is not None
    assert bool(pictures.grad.any())


def test_facenet_sees_the_whole_frame_in_its_own_numbers():
    recogniser = FaceNetRecogniser(Recorder())
    black_and_white = torch.cat([torch.zeros(1, 3, 112, 112), torch.ones(1, 3, 112, 112)])
    recogniser(black_and_white)
    assert recogniser.network.seen.shape == (2, 3, 160, 160)
    expected = torch.tensor([-127.5, 127.5])[:, None, None, None].expand(2, 3, 160, 160) / 128
    torch.testing.assert_close(recogniser.network.seen, expected)
    recogniser(colours(224)[None])
    torch.testing.assert_close(recogniser.network.seen[0], (255 * colours(160) - 127.5) / 128, atol=0.01, rtol=0)


def test_a_judge_hands_the_points_on():
    pictures, five = colours(64)[None], mean_five_px()[None] + 9.0
    recogniser = ArcFaceRecogniser(Recorder())
    torch.testing.assert_close(FrozenRecogniser(recogniser)(pictures, five), recogniser(pictures, five))
    whole = FaceNetRecogniser(Recorder())
    torch.testing.assert_close(FrozenRecogniser(whole)(pictures, five), whole(pictures))


@pytest.mark.parametrize("kind", [ArcFaceRecogniser, FaceNetRecogniser])
def test_features_have_length_one(kind):
    features = kind(Recorder())(torch.rand(3, 3, 112, 112))
    torch.testing.assert_close(features.norm(dim=-1), torch.ones(3))


def test_a_frozen_recogniser_neither_learns_nor_drifts():
    torch.manual_seed(0)
    judge = FrozenRecogniser(SmallRecogniser(TINY))
    before = {name: tensor.clone() for name, tensor in judge.state_dict().items()}
    judge.train()
    pictures = torch.rand(4, 3, 40, 40, requires_grad=True)
    judge(pictures)[:, 0].sum().backward()
    assert pictures.grad is not None
    assert bool(pictures.grad.any())
    assert all(p.grad is None for p in judge.parameters())
    for name, tensor in judge.state_dict().items():
        torch.testing.assert_close(tensor, before[name])


def test_the_small_one_learns_to_tell_people_apart():
    # Six "people", each a colour pattern of its own under noise and light of any strength.
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    patterns = torch.rand(6, 3, 4, 4, generator=generator)
    recogniser = SmallRecogniser(TINY)
    centres = nn.Parameter(torch.randn(6, TINY.n_features, generator=generator))
    optimiser = torch.optim.Adam([*recogniser.parameters(), centres], lr=3e-3)

    def draw() -> tuple[Tensor, Tensor]:
        person = torch.randint(6, (24,), generator=generator)
        pictures = nn.functional.interpolate(patterns[person], scale_factor=10)
        light = 0.6 + 0.4 * torch.rand(24, 1, 1, 1, generator=generator)
        return (light * pictures + 0.05 * torch.randn(24, 3, 40, 40, generator=generator)).clamp(0, 1), person

    for _ in range(40):
        pictures, person = draw()
        optimiser.zero_grad()
        margin_cross_entropy(recogniser(pictures), centres, person, margin=0.3, scale=16.0).backward()
        optimiser.step()
    judge = FrozenRecogniser(recogniser)
    (known, names), (new, truth) = draw(), draw()
    nearest = (judge(new) @ judge(known).mT).argmax(-1)
    assert float((names[nearest] == truth).float().mean()) >= 0.9
    assert judge(new).shape == (24, TINY.n_features)
