"""Values of pictures between their pixels, and over several."""

import torch

from manyfaces.render.sampling import sampled, shrunk


def test_sampling_is_bilinear_about_pixel_centres():
    ramp = torch.arange(12.0).reshape(1, 3, 4, 1)
    points = torch.tensor([[0.0, 0.0], [3.0, 2.0], [1.5, 1.0], [0.0, 0.5], [9.0, 2.0]])
    torch.testing.assert_close(sampled(ramp, points[None])[0, :, 0], torch.tensor([0.0, 11.0, 5.5, 2.0, 11.0]))


def test_shrinking_takes_means():
    picture = torch.arange(16.0).reshape(1, 1, 4, 4)
    torch.testing.assert_close(shrunk(picture, 2)[0, 0], torch.tensor([[2.5, 4.5], [10.5, 12.5]]))
    assert shrunk(picture, 4) is picture
