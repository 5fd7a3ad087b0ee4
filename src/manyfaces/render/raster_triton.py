"""The CUDA rasteriser: one warp per face and frame steps over the face's box and lowers 64-bit keys atomically.

Imported only when it is used: Triton comes with CUDA builds of torch alone.
"""

from typing import no_type_check

import torch
import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]
from jaxtyping import Float32, Int32
from torch import Tensor

from manyfaces.render.fragments import Coverage

_EMPTY = torch.iinfo(torch.int64).max
_LANES = 32


@triton.jit
@no_type_check
def _fill(corners, faces, keys, n_vertices, n_faces, height, width, PERSPECTIVE: tl.constexpr, LANES: tl.constexpr):
    """See `manyfaces.render.fragments` for the arithmetic."""
    program = tl.program_id(0)
    frame, face = program // n_faces, program % n_faces
    base = corners + frame.to(tl.int64) * n_vertices * 3
    p0 = base + tl.load(faces + face * 3) * 3
    p1 = base + tl.load(faces + face * 3 + 1) * 3
    p2 = base + tl.load(faces + face * 3 + 2) * 3
    x0, y0, q0 = tl.load(p0), tl.load(p0 + 1), tl.load(p0 + 2)
    x1, y1, q1 = tl.load(p1), tl.load(p1 + 1), tl.load(p1 + 2)
    x2, y2, q2 = tl.load(p2), tl.load(p2 + 1), tl.load(p2 + 2)
    x_sum = x0 + x1 + x2
    # NaN marks unusable corners; their box is made empty before anything is turned into an integer.
    usable = x_sum == x_sum
    left = tl.where(usable, tl.maximum(tl.ceil(tl.minimum(x0, tl.minimum(x1, x2))), 0.0), 1.0)
    right = tl.where(usable, tl.minimum(tl.floor(tl.maximum(x0, tl.maximum(x1, x2))), width - 1.0), 0.0)
    top = tl.where(usable, tl.maximum(tl.ceil(tl.minimum(y0, tl.minimum(y1, y2))), 0.0), 1.0)
    bottom = tl.where(usable, tl.minimum(tl.floor(tl.maximum(y0, tl.maximum(y1, y2))), height - 1.0), 0.0)
    columns = tl.maximum(right - left + 1.0, 0.0).to(tl.int32)
    count = columns * tl.maximum(bottom - top + 1.0, 0.0).to(tl.int32)
    xa, ya = left.to(tl.int32), top.to(tl.int32)
    divisor = tl.maximum(columns, 1)
    for start in range(0, count, LANES):
        step = start + tl.arange(0, LANES)
        x, y = xa + step % divisor, ya + step // divisor
        fx, fy = x.to(tl.float32), y.to(tl.float32)
        dx0, dx1, dx2 = x0 - fx, x1 - fx, x2 - fx
        dy0, dy1, dy2 = y0 - fy, y1 - fy, y2 - fy
        e0 = dx1 * dy2 - dx2 * dy1
        e1 = dx2 * dy0 - dx0 * dy2
        e2 = dx0 * dy1 - dx1 * dy0
        front = (e0 >= 0) & (e1 >= 0) & (e2 >= 0)
        back = (e0 <= 0) & (e1 <= 0) & (e2 <= 0)
        total = e0 + e1 + e2
        attribute = e0 * q0 + e1 * q1 + e2 * q2
        # The plain division of Triton is approximate; div_rn rounds as IEEE 754 does.
        depth = tl.div_rn(total, attribute) if PERSPECTIVE else tl.div_rn(attribute, total)
        drawn = (step < count) & (front | back) & (depth > 0) & (depth < float("inf"))
        key = (depth.to(tl.int32, bitcast=True).to(tl.int64) << 32) | face.to(tl.int64)
        pixel = (frame.to(tl.int64) * height + y) * width + x
        tl.atomic_min(keys + pixel, key, mask=drawn)


@torch.no_grad()
def rasterise_triton(
    corners: Float32[Tensor, "B V 3"], faces: Int32[Tensor, "F 3"], size: tuple[int, int], perspective: bool
) -> Coverage:
    """Fill in face ids and depths on the GPU that holds the corners."""
    batch, height, width = len(corners), *size
    keys = torch.full((batch, height, width), _EMPTY, dtype=torch.int64, device=corners.device)
    programs = batch * len(faces)
    if programs:
        _fill[(programs,)](  # pyright: ignore[reportIndexIssue]
            corners.contiguous(),
            faces.to(corners.device),
            keys,
            corners.shape[1],
            len(faces),
            height,
            width,
            PERSPECTIVE=perspective,
            LANES=_LANES,
            num_warps=1,
            enable_fp_fusion=False,  # A fused multiply-add would round differently from the other backends.
        )
    hit = keys != _EMPTY
    face_ids = torch.where(hit, keys & 0xFFFFFFFF, -1).int()
    return Coverage(face_ids, torch.where(hit, (keys >> 32).int().view(torch.float32), torch.inf))
