"""Values of pictures between their pixels."""

import torch

from manyfaces.render.sampling import sampled


def test_sampling_is_bilinear_about_pixel_centres():
    ramp = torch.arange(12.0).reshape(1, 3, 4, 1)
    points = torch.tensor([[0.0, 0.0], [3.0, 2.0], [1.5, 1.0], [0.0, 0.5], [9.0, 2.0]])
    torch.testing.assert_close(sampled(ramp, points[None])[0, :, 0], torch.tensor([0.0, 11.0, 5.5, 2.0, 11.0]))
