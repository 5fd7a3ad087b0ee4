import numpy as np
import torch

from manyfaces.render import colour_bar, heat_colours, linear_from_srgb, srgb_from_linear


def test_srgb_by_known_values():
    torch.testing.assert_close(linear_from_srgb(torch.tensor([0.0, 0.5, 1.0])), torch.tensor([0.0, 0.214041, 1.0]))
    values = torch.linspace(0, 1, 100, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6, rtol=0)
    (slope,) = torch.autograd.grad(srgb_from_linear(values).sum(), values)
    assert slope.isfinite().all()


def test_heat_grows_lighter_all_the_way():
    colours = linear_from_srgb(heat_colours(torch.linspace(2, 5, 64), 2.0, 5.0))
    luminance = colours @ torch.tensor([0.2126, 0.7152, 0.0722])
    lightness = luminance ** (1 / 3)
    steps = lightness.diff()
    assert (steps > 0).all()
    assert steps.max() < 2.5 * steps.mean()  # no banding


def test_heat_outside_its_range():
    colours = heat_colours(torch.tensor([[-9.0, 0.0, 1.0, 9.0, float("nan"), float("inf"), -float("inf")]]), 0.0, 1.0)[
        0
    ]
    assert torch.equal(colours[0], colours[1])
    assert torch.equal(colours[2], colours[3])
    assert (colours[4] == 0.5).all()
    assert torch.equal(colours[5], colours[2])
    assert torch.equal(colours[6], colours[1])
    torch.testing.assert_close(heat_colours(np.array([0.3]), 0.0, 1.0), heat_colours(torch.tensor([0.3]), 0.0, 1.0))


def test_colour_bar_shows_the_map_from_bottom_to_top():
    bar = colour_bar(0.0, 12.0, "mm", 200)
    assert bar.shape[0] == 200
    column = bar[20:190, 8].astype(int).sum(-1)
    assert (np.diff(column) <= 0).mean() > 0.8
    dark = colour_bar(0.0, 12.0, "mm", 200, background=(10, 10, 10))
    assert dark[0, -1].tolist() == [10, 10, 10]
    assert dark.max() == 255
