"""Which dense points a mask hides."""

import cv2
import numpy as np
from jaxtyping import Bool, Float

_INWARD = 0.06


def hidden_points(
    points_px: Float[np.ndarray, "N 2"], mask: Bool[np.ndarray, "H W"], margin_px: float = 0.0
) -> Bool[np.ndarray, "N"]:
    """Say which points lie in a mask or within a margin of it.

    Args:
        points_px: (N, 2) pixel coordinates; points outside the picture take the nearest pixel's value.
        mask: (H, W), true where the picture shows something in front of the face.
        margin_px: points this near to the mask count as hidden too; found points near an edge are rarely exact.

    Returns:
        (N,) true where hidden.
    """
    reach = round(margin_px)
    if reach > 0:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        mask = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)
    return nearest_values(points_px, mask)


def nearest_values(points_px: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Read `values` (H, W) at the pixels nearest to (N, 2) points."""
    height, width = values.shape[:2]
    columns = np.clip(np.round(points_px[:, 0]), 0, width - 1).astype(np.intp)
    rows = np.clip(np.round(points_px[:, 1]), 0, height - 1).astype(np.intp)
    return values[rows, columns]


def moved_inward(points_px: np.ndarray) -> np.ndarray:
    """Move points 6 % towards their middle, so that those of the outline are asked on the face, not beside it."""
    return points_px + _INWARD * (points_px.mean(0) - points_px)
