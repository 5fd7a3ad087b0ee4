"""The reference rasteriser: every face against every pixel of its box, in plain tensor operations."""

import torch
from jaxtyping import Float32, Int32
from torch import Tensor

from manyfaces.render.fragments import Coverage

# Above the key of every face: depth bits alone can exceed 1 << 62, so nothing less will do.
_EMPTY = torch.iinfo(torch.int64).max
# Pixel candidates handled at once; bounds the memory to about half a gigabyte.
_CHUNK = 1 << 21


@torch.no_grad()
def rasterise_torch(
    corners: Float32[Tensor, "B V 3"], faces: Int32[Tensor, "F 3"], size: tuple[int, int], perspective: bool
) -> Coverage:
    """Fill in face ids and depths; see `manyfaces.render.fragments` for the arithmetic."""
    batch, height, width = len(corners), *size
    keys = torch.full((batch * height * width,), _EMPTY, dtype=torch.int64, device=corners.device)
    triangles = corners[:, faces.long()].flatten(0, 1)
    x, y = triangles[..., 0], triangles[..., 1]
    # NaN marks unusable corners; comparisons with it are false, and the box of such a face is empty.
    usable = (x.sum(-1) == x.sum(-1)) & (y.sum(-1) == y.sum(-1))
    left, right = x.amin(-1).ceil().clamp(0, width), x.amax(-1).floor().clamp(-1, width - 1)
    top, bottom = y.amin(-1).ceil().clamp(0, height), y.amax(-1).floor().clamp(-1, height - 1)
    meets = usable & (left <= right) & (top <= bottom)
    live = meets.nonzero()[:, 0]
    columns = (right - left + 1)[live].long()
    counts = columns * (bottom - top + 1)[live].long()
    ends = counts.cumsum(0)
    start, done = 0, 0
    while start < len(live):
        stop = max(start + 1, int(torch.searchsorted(ends, done + _CHUNK, right=True)))
        part = slice(start, stop)
        owner = torch.repeat_interleave(counts[part])
        step = torch.arange(len(owner), device=owner.device) - (ends[part] - counts[part] - done)[owner]
        box = live[part][owner]
        px = left[box].long() + step % columns[part][owner]
        py = top[box].long() + step // columns[part][owner]
        _splat(keys, triangles, box, px, py, len(faces), size, perspective)
        start, done = stop, int(ends[stop - 1])
    hit = keys != _EMPTY
    face_ids = torch.where(hit, keys & 0xFFFFFFFF, -1).int()
    depth = torch.where(hit, (keys >> 32).int().view(torch.float32), torch.inf)
    return Coverage(face_ids.view(batch, height, width), depth.view(batch, height, width))


def _splat(
    keys: Tensor,
    triangles: Tensor,
    box: Tensor,
    px: Tensor,
    py: Tensor,
    n_faces: int,
    size: tuple[int, int],
    perspective: bool,
) -> None:
    """Lower the key of each candidate pixel to that of the candidate face where the face covers it."""
    triangle = triangles[box]
    dx, dy = triangle[..., 0] - px[:, None].float(), triangle[..., 1] - py[:, None].float()
    e0 = dx[:, 1] * dy[:, 2] - dx[:, 2] * dy[:, 1]
    e1 = dx[:, 2] * dy[:, 0] - dx[:, 0] * dy[:, 2]
    e2 = dx[:, 0] * dy[:, 1] - dx[:, 1] * dy[:, 0]
    inside = ((e0 >= 0) & (e1 >= 0) & (e2 >= 0)) | ((e0 <= 0) & (e1 <= 0) & (e2 <= 0))
    total = e0 + e1 + e2
    attribute = e0 * triangle[:, 0, 2] + e1 * triangle[:, 1, 2] + e2 * triangle[:, 2, 2]
    depth = total / attribute if perspective else attribute / total
    drawn = inside & (depth > 0) & (depth < torch.inf)
    box, px, py, depth = box[drawn], px[drawn], py[drawn], depth[drawn]
    pixel = (box // n_faces * size[0] + py) * size[1] + px
    # Positive floats sort like their bits: depth first, face id where depths are equal.
    key = (depth.view(torch.int32).long() << 32) | (box % n_faces)
    keys.scatter_reduce_(0, pixel, key, "amin")
