"""How sure a landmark is, from what the point encoder says of it."""

import numpy as np
from jaxtyping import Float, Float32

from manyfaces.detect import POINTS_68_FROM_468
from manyfaces.methods.ofer.point_encoder import ERROR_SPREAD

NEAR_PX = 6.0
"""Pixels of the 224 frame; eyes are 63 apart there, so that this is about a tenth of their distance."""


def landmark_confidence(
    scale_px: Float[np.ndarray, "468"], hidden: Float[np.ndarray, "468"]
) -> Float32[np.ndarray, "68"]:
    """Probability that a point is seen, and lies within `NEAR_PX` of where it is said to be.

    The encoder is trained on the law that its loss names, exp(-2 d / s) / s^2 for a point at a distance d; s is its
    scale, and the mean distance. By this law a point lies within r with probability 1 - (1 + x) exp(-x), x = 2 r / s.
    On photos distances are `ERROR_SPREAD` times larger.

    Args:
        scale_px: mean distance on renders, pixels of the 224 frame.
        hidden: whether each point is hidden, or how much of it, 0 to 1.
    """
    x = 2 * NEAR_PX / np.maximum(ERROR_SPREAD * (POINTS_68_FROM_468 @ scale_px), 1e-6)
    near = 1 - (1 + x) * np.exp(-x)
    return (near * (1 - POINTS_68_FROM_468 @ hidden)).astype(np.float32)
