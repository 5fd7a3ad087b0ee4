"""The light functions of R-Net."""

import math

import torch

from manyfaces.render import deng_harmonics, spherical_harmonics


def test_the_published_constants():
    x, y, z = torch.eye(3)
    torch.testing.assert_close(deng_harmonics(x)[[0, 3]], torch.tensor([0.886227, -1.772454]))
    torch.testing.assert_close(deng_harmonics(y)[1], torch.tensor(-1.772454))
    torch.testing.assert_close(deng_harmonics(z)[2], torch.tensor(1.772454))
    diagonal = torch.tensor([1.0, 1.0, 0.0]) / math.sqrt(2)
    torch.testing.assert_close(deng_harmonics(diagonal)[4], torch.tensor(2.427032 / 2))
    torch.testing.assert_close(deng_harmonics(diagonal.roll(1))[5], torch.tensor(-2.427032 / 2))
    torch.testing.assert_close(deng_harmonics(diagonal.roll(2))[7], torch.tensor(-2.427032 / 2))
    torch.testing.assert_close(deng_harmonics(z)[6], torch.tensor(2.427032 / math.sqrt(3)))
    torch.testing.assert_close(deng_harmonics(x)[8], torch.tensor(2.427032 / 2))


def test_they_are_the_spherical_harmonics_but_for_factors():
    normals = torch.nn.functional.normalize(torch.randn(200, 3, generator=torch.Generator().manual_seed(0)), dim=-1)
    ratio = deng_harmonics(normals) / spherical_harmonics(normals)
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), rtol=1e-3, atol=1e-3)
    assert ratio[0].sign().tolist() == [1, -1, 1, -1, 1, -1, 1, -1, 1]
