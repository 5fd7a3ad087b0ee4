"""Barycentrics and vertex attributes at the pixels a face covers, differentiable, computed for those pixels only."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.render.fragments import Fragments


@dataclass(frozen=True)
class Foreground:
    """The covered pixels of a batch of frames.

    Attributes:
        pixels: flat index into (B, H, W), ascending.
        corners: flat index into (B, V) of the three corners of each pixel's face.
    """

    pixels: Int[Tensor, " N"]
    corners: Int[Tensor, "N 3"]


def find_foreground(face_ids: Int[Tensor, "B H W"], faces: Int[Tensor, "F 3"], n_vertices: int) -> Foreground:
    """Gather which pixels are covered, and by which corners."""
    flat = face_ids.flatten()
    pixels = (flat >= 0).nonzero()[:, 0]
    corners = faces.index_select(0, flat.index_select(0, pixels)).long()
    if len(face_ids) > 1:
        frame = torch.div(pixels, face_ids[0].numel(), rounding_mode="floor")
        corners = corners + (frame * n_vertices)[:, None]
    return Foreground(pixels, corners)


def gather_corners(foreground: Foreground, attributes: Float[Tensor, "B V C"]) -> Float[Tensor, "N 3 C"]:
    """The attributes at the three corners of every covered pixel."""
    return attributes.flatten(0, 1).index_select(0, foreground.corners.flatten()).unflatten(0, (-1, 3))


def blend(weights: Float[Tensor, "N 3"], values: Float[Tensor, "N 3 C"]) -> Float[Tensor, "N C"]:
    """Weighted sum over the corners."""
    return torch.bmm(weights[:, None], values)[:, 0]


def foreground_barycentrics(
    foreground: Foreground, points_px: Float[Tensor, "B V 3"], size: tuple[int, int], perspective: bool
) -> Float[Tensor, "N 3"]:
    """Barycentrics at the pixel centres.

    Args:
        foreground: the covered pixels.
        points_px: x, y in pixels and depth.
        size: height and width of the frames, pixels.
        perspective: weights of the surface in space (divided by depth) rather than of its picture.

    Returns:
        Weights of sum one. A face without area gives each corner a third.
    """
    triangle = gather_corners(foreground, points_px)
    column = foreground.pixels % size[1]
    row = torch.div(foreground.pixels, size[1], rounding_mode="floor") % size[0]
    centre = torch.stack([column, row], -1).to(points_px)
    dx, dy = (triangle[..., :2] - centre[:, None]).unbind(-1)
    edge = dx.roll(-1, 1) * dy.roll(-2, 1) - dx.roll(-2, 1) * dy.roll(-1, 1)
    if perspective:
        edge = edge / triangle[..., 2]
    total = edge.sum(-1, keepdim=True)
    flat = total == 0
    return torch.where(flat, 1 / 3, edge / torch.where(flat, 1, total))


def scatter_pixels(foreground: Foreground, values: Float[Tensor, "N C"], shape: tuple[int, int, int]) -> Tensor:
    """Put per-pixel values into a (B, H, W, C) picture, zero elsewhere."""
    count = shape[0] * shape[1] * shape[2]
    picture = values.new_zeros(count, values.shape[-1]).index_copy(0, foreground.pixels, values)
    return picture.view(*shape, -1)


def barycentric_picture(
    face_ids: Int[Tensor, "B H W"], faces: Int[Tensor, "F 3"], points_px: Float[Tensor, "B V 3"], perspective: bool
) -> Float[Tensor, "B H W 3"]:
    """Barycentrics at every pixel centre, zero where there is no face; see `foreground_barycentrics`."""
    if needs_no_gradient(points_px):
        from manyfaces.render.pixels_numba import barycentric_pixels

        return barycentric_pixels(face_ids, faces, points_px, perspective)
    batch, height, width = face_ids.shape
    foreground = find_foreground(face_ids, faces, points_px.shape[1])
    weights = foreground_barycentrics(foreground, points_px, (height, width), perspective)
    return scatter_pixels(foreground, weights, (batch, height, width))


def interpolate(
    fragments: Fragments, faces: Int[Tensor, "F 3"], attributes: Float[Tensor, "B V C"]
) -> Float[Tensor, "B H W C"]:
    """Values held at vertices, at every pixel; zero where there is no face.

    Differentiable in the attributes, and in the points through the fragments' barycentrics.
    """
    if needs_no_gradient(attributes, fragments.barycentrics):
        from manyfaces.render.pixels_numba import interpolate_pixels

        return interpolate_pixels(fragments.face_ids, fragments.barycentrics, faces, attributes)
    foreground = find_foreground(fragments.face_ids, faces, attributes.shape[1])
    weights = fragments.barycentrics.flatten(0, 2).index_select(0, foreground.pixels)
    values = blend(weights.to(attributes), gather_corners(foreground, attributes))
    batch, height, width = fragments.face_ids.shape
    return scatter_pixels(foreground, values, (batch, height, width))


def needs_no_gradient(*values: Tensor) -> bool:
    """Whether a CPU kernel gives all that is asked for: float32 values and no gradient."""
    wants_gradient = torch.is_grad_enabled() and any(value.requires_grad for value in values)
    return not wants_gradient and all(v.device.type == "cpu" and v.dtype == torch.float32 for v in values)
