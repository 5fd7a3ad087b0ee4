"""How errors of faces are distributed: the area under their cumulative curve, and the share of failures."""

import numpy as np
from jaxtyping import Float


def curve_area(errors: Float[np.ndarray, " n"], limit: float) -> float:
    """Area under the cumulative error curve from 0 to `limit`, divided by `limit` (AUC): 1 where all errors are zero.

    The curve is a staircase, and its area the mean of max(0, 1 - error / limit): exact, where published scripts
    integrate over a grid.
    """
    return float(np.clip(1 - errors / limit, 0, 1).mean())


def failure_share(errors: Float[np.ndarray, " n"], limit: float) -> float:
    """Share of the errors that are above `limit`."""
    return float((errors > limit).mean())
