import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from manyfaces.occlusion.skin import OTHER, SKIN, ColourMixture, skin_attention, ycbcr_from_rgb

PUBLISHED_DETERMINANTS = {
    "skin": (SKIN, [5692842.5, 5851930.5, 2329131.0, 1585971.0]),
    "other": (OTHER, [458703648.0, 6466488.0, 90611376.0, 133097.63]),
}


@pytest.mark.parametrize(("mixture", "determinants"), PUBLISHED_DETERMINANTS.values(), ids=PUBLISHED_DETERMINANTS)
def test_the_constants_fit_each_other(mixture: ColourMixture, determinants: list[float]):
    # The published code lists the covariances' determinants too: one wrong digit, and they would not fit.
    found = 1 / np.linalg.det(mixture.matrices)
    np.testing.assert_allclose(found, determinants, rtol=2e-5)
    assert sum(mixture.weights) == pytest.approx(1, abs=1e-7)


def reference(rgb: np.ndarray, prior: float) -> np.ndarray:
    """The posterior by Bayes' rule, with scipy's Gaussians."""
    ycbcr = ycbcr_from_rgb(torch.tensor(rgb)).numpy()

    def density(mixture: ColourMixture) -> np.ndarray:
        parts = zip(mixture.weights, mixture.means, mixture.matrices, strict=True)
        return sum(w * multivariate_normal(mean, np.linalg.inv(p)).pdf(ycbcr) for w, mean, p in parts)

    skin, other = prior * density(SKIN), (1 - prior) * density(OTHER)
    return skin / (skin + other)


def test_it_is_the_posterior_of_the_two_mixtures():
    colours = np.random.default_rng(0).random((2, 5, 6, 3))
    for prior in (0.8, 0.3):
        found = skin_attention(torch.tensor(colours).movedim(-1, 1), prior)
        np.testing.assert_allclose(found.numpy(), reference(colours.reshape(-1, 3), prior).reshape(2, 5, 6), atol=1e-9)


def test_ycbcr_of_colours_that_are_known():
    corners = torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 0, 1]])
    expected = [[16, 128, 128], [235, 128, 128], [81.481, 90.203, 240], [40.966, 240, 109.786]]
    torch.testing.assert_close(ycbcr_from_rgb(corners), torch.tensor(expected), atol=1e-3, rtol=0)


@pytest.mark.parametrize("rgb", [(255, 224, 196), (224, 172, 138), (190, 130, 100), (120, 75, 55)])
def test_skin_of_several_tones(rgb: tuple[int, int, int]):
    assert float(skin_attention(torch.tensor(rgb)[None, :, None, None] / 255)) > 0.8


@pytest.mark.parametrize("rgb", [(30, 60, 200), (60, 140, 60), (128, 128, 128), (255, 255, 255), (0, 0, 0)])
def test_what_is_no_skin(rgb: tuple[int, int, int]):
    assert float(skin_attention(torch.tensor(rgb)[None, :, None, None] / 255)) < 0.2


def test_no_colour_gives_nan_in_single_precision():
    steps = torch.linspace(0, 1, 9)
    colours = torch.cartesian_prod(steps, steps, steps).T.reshape(1, 3, 27, 27)
    attention = skin_attention(colours)
    assert bool(attention.isfinite().all())
    torch.testing.assert_close(attention, skin_attention(colours.double()).float(), atol=1e-4, rtol=0)
