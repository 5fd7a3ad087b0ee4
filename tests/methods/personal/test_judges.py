"""What looks at renders besides colours and landmarks."""

import pytest
import torch

from manyfaces.methods.personal.judges import MOUTH_PX, Judges, lip_judge, mouth_crop


def landmarks_at(x, y, width=40.0):
    """A mouth around a place of the 224 frame; all other points far off."""
    points = torch.full((1, 68, 2), -50.0)
    angles = torch.arange(20) * (2 * torch.pi / 20)
    points[0, 48:, 0], points[0, 48:, 1] = x + 5 * angles.cos(), y + 5 * angles.sin()
    points[0, 48], points[0, 54] = torch.tensor([x - width / 2, y]), torch.tensor([x + width / 2, y])
    return points


def grey(crop):
    return crop * 0.165 + 0.421


@pytest.mark.parametrize("side", [224, 112])
def test_the_crop_shows_the_mouth(side):
    picture = torch.zeros(1, 3, side, side)
    scale = side // 112
    picture[..., 60 * scale : 64 * scale, 40 * scale : 44 * scale] = 1.0  # 80 to 88 and 120 to 128 of the 224 frame
    crop = grey(mouth_crop(picture, landmarks_at(83.5, 123.5)))
    assert crop.shape == (1, 1, MOUTH_PX, MOUTH_PX)
    rows, columns = (crop[0, 0] > 0.5).nonzero().unbind(-1)
    middle = (MOUTH_PX - 1) / 2
    assert float(rows.float().mean()) == pytest.approx(middle, abs=0.6)
    assert float(columns.float().mean()) == pytest.approx(middle, abs=0.6)
    # 8 of the 80 pixels that are twice the mouth's width.
    assert int(columns.max() - columns.min()) + 1 == pytest.approx(MOUTH_PX / 10, abs=1.1)


def test_the_crop_follows_place_and_width():
    generator = torch.Generator().manual_seed(0)
    texture = torch.rand(1, 3, 24, 24, generator=generator)
    picture = torch.nn.functional.interpolate(texture, (224, 224), mode="bilinear")
    shifted = picture.roll((10, -20), (-2, -1))
    one, other = mouth_crop(picture, landmarks_at(120, 100)), mouth_crop(shifted, landmarks_at(100, 110))
    torch.testing.assert_close(one, other, atol=1e-4, rtol=0)


def test_crops_are_grey_in_the_readers_units():
    picture = torch.full((1, 3, 64, 64), 0.421)
    torch.testing.assert_close(
        mouth_crop(picture, landmarks_at(112, 112)), torch.zeros(1, 1, 88, 88), atol=1e-5, rtol=0
    )
    red = torch.zeros(1, 3, 64, 64)
    red[:, 0] = 1.0
    assert float(grey(mouth_crop(red, landmarks_at(112, 112))).mean()) == pytest.approx(0.299, abs=1e-5)


def means(pictures, landmarks_px):
    return pictures.mean((2, 3)) + 0.01 * landmarks_px.mean((1, 2))[:, None]


def test_the_absent_are_named():
    assert Judges().absent == ("identity", "emotion", "lips")
    assert Judges(emotion=means).absent == ("identity", "lips")
    assert Judges().compare(*[torch.rand(1, 3, 8, 8), torch.rand(1, 68, 2)] * 2) == {}


def test_features_are_compared_by_angle_or_by_distance():
    judges = Judges(identity=lambda p, _: p[:, :, 0, 0], emotion=lambda p, _: p[:, :, 0, 0])
    drawn, photo = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
    drawn[:, 0], photo[:, 0] = 0.3, 0.9  # the same direction, not the same length
    points = torch.zeros(1, 68, 2)
    apart = judges.compare(drawn, points, photo, points)
    assert set(apart) == {"identity", "emotion"}
    assert float(apart["identity"]) == pytest.approx(0.0, abs=1e-6)
    assert float(apart["emotion"]) == pytest.approx(0.36 / 3, rel=1e-5)


def test_only_renders_have_gradients():
    pictures = [torch.rand(2, 3, 16, 16, requires_grad=True) for _ in range(2)]
    points = [(landmarks_at(112, 112).repeat(2, 1, 1)).requires_grad_() for _ in range(2)]
    reader = torch.nn.Sequential(torch.nn.AvgPool2d(22), torch.nn.Flatten())
    judges = Judges(identity=means, emotion=means, lips=lip_judge(reader))
    judged = judges.compare(pictures[0], points[0], pictures[1], points[1])
    assert set(judged) == {"identity", "emotion", "lips"}
    sum(judged.values()).backward()
    assert bool(pictures[0].grad.any())
    assert pictures[1].grad is None
    assert points[0].grad is None
    assert points[1].grad is None
