"""The CPU rasteriser: one compiled loop over faces, run by a few threads over frames and strips of rows.

Imported only when it is used: numba alone takes a third of a second.
"""

from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float32, Int32
from torch import Tensor

from manyfaces.core.compiling import compiled
from manyfaces.render.fragments import Coverage
from manyfaces.render.strips import run_in_strips


@compiled
@no_type_check
def _fill(corners, faces, perspective, first_row, last_row, face_ids, depths):
    """Draw one frame's rows first_row <= y < last_row; see `manyfaces.render.fragments` for the arithmetic.

    Faces come in ascending order and only a smaller depth overwrites, so the least face id wins ties.
    """
    width = face_ids.shape[1]
    for face in range(faces.shape[0]):
        i0, i1, i2 = faces[face, 0], faces[face, 1], faces[face, 2]
        y0, y1, y2 = corners[i0, 1], corners[i1, 1], corners[i2, 1]
        low, high = min(y0, y1, y2), max(y0, y1, y2)
        if not (high >= first_row and low <= last_row - 1):
            continue
        x0, x1, x2 = corners[i0, 0], corners[i1, 0], corners[i2, 0]
        x_sum = x0 + x1 + x2
        if x_sum != x_sum:  # NaN marks unusable corners.
            continue
        left, right = min(x0, x1, x2), max(x0, x1, x2)
        if not (right >= 0 and left <= width - 1):
            continue
        xa, xb = max(0, int(np.ceil(left))), min(width - 1, int(np.floor(right)))
        ya, yb = max(first_row, int(np.ceil(low))), min(last_row - 1, int(np.floor(high)))
        q0, q1, q2 = corners[i0, 2], corners[i1, 2], corners[i2, 2]
        for y in range(ya, yb + 1):
            fy = np.float32(y)
            dy0, dy1, dy2 = y0 - fy, y1 - fy, y2 - fy
            for x in range(xa, xb + 1):
                fx = np.float32(x)
                dx0, dx1, dx2 = x0 - fx, x1 - fx, x2 - fx
                e0 = dx1 * dy2 - dx2 * dy1
                e1 = dx2 * dy0 - dx0 * dy2
                e2 = dx0 * dy1 - dx1 * dy0
                if (e0 >= 0 and e1 >= 0 and e2 >= 0) or (e0 <= 0 and e1 <= 0 and e2 <= 0):
                    total = e0 + e1 + e2
                    attribute = e0 * q0 + e1 * q1 + e2 * q2
                    depth = total / attribute if perspective else attribute / total
                    if depth > 0 and depth < depths[y, x]:
                        depths[y, x] = depth
                        face_ids[y, x] = face


@torch.no_grad()
def rasterise_numba(
    corners: Float32[Tensor, "B V 3"], faces: Int32[Tensor, "F 3"], size: tuple[int, int], perspective: bool
) -> Coverage:
    """Fill in face ids and depths on the CPU, with as many threads as torch may use."""
    batch, height, width = len(corners), *size
    face_ids = torch.full((batch, height, width), -1, dtype=torch.int32)
    depth = torch.full((batch, height, width), torch.inf)
    arrays = corners.contiguous().numpy(), faces.numpy(), face_ids.numpy(), depth.numpy()

    def draw(frame: int, first_row: int, last_row: int) -> None:
        _fill(arrays[0][frame], arrays[1], perspective, first_row, last_row, arrays[2][frame], arrays[3][frame])

    run_in_strips(draw, batch, height)
    return Coverage(face_ids, depth)
