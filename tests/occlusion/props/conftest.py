import numpy as np
import pytest

from manyfaces.occlusion import Site, site_from_box


@pytest.fixture
def picture() -> np.ndarray:
    """Skin-coloured, brighter to the left and below."""
    y, x = np.mgrid[:200, :200]
    shade = 1 - 0.3 * x / 200 + 0.2 * y / 200
    return np.clip(np.array([190, 140, 110]) * shade[..., None], 0, 255).astype(np.uint8)


@pytest.fixture
def site(picture: np.ndarray) -> Site:
    """A face that takes up the middle of a picture of 200 pixels."""
    return site_from_box(np.array([60.0, 60.0, 140.0, 150.0]), (200, 200), picture)
