"""Errors as colours on a face."""

import math

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from manyfaces.pipeline.poster import PAGE
from manyfaces.pipeline.views import head_views, studio_camera
from manyfaces.render import colour_bar, contact_sheet, heat_colours

SIDE_PX, GAP_PX = 420, 12
YAWS = (0.0, -0.9)
"""From the front and from the side, radians."""
MARGIN = 1.5
PLASTER = (0.80, 0.78, 0.75)
"""Where nothing was measured."""


def draw_error_map(
    vertices: Float[Tensor, "V 3"], faces: Int[Tensor, "F 3"], errors_mm: Float[Tensor, " V"], label: str = "mm"
) -> UInt8[np.ndarray, "H W 3"]:
    """Draw a value at each vertex on a head, front and side, with its legend.

    Args:
        vertices: of the head to draw on; metres, head frame.
        faces: its triangles.
        errors_mm: what is shown; not a number where nothing was measured. At least one number.
        label: above the legend.
    """
    known = ~errors_mm.isnan()
    high = _round_up(float(errors_mm[known].quantile(0.98)))
    colours = torch.where(known[:, None], heat_colours(errors_mm, 0.0, high), torch.tensor(PLASTER).to(vertices))
    size = (SIDE_PX, SIDE_PX)
    views = []
    for yaw in YAWS:
        camera = studio_camera(vertices[known], size, yaw, MARGIN)
        views += head_views(vertices[None], faces, camera, size, colours)
    page = contact_sheet(views, len(views), background=PAGE, gap_px=GAP_PX)
    legend = colour_bar(0.0, high, label, len(page), PAGE)
    return np.concatenate([page, legend], axis=1)


def _round_up(high: float) -> float:
    """The next number whose quarters are round."""
    quarter = max(high, 1e-6) / 4
    power = 10.0 ** math.floor(math.log10(quarter))
    return 4 * next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= 0.999 * quarter)
