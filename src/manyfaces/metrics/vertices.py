"""Errors and spread of meshes in correspondence, millimetres."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from manyfaces.geometry import fit_rigid

MM_PER_M = 1000.0


def aligned_error_mm(vertices: Float[Tensor, "*B V 3"], truth: Float[Tensor, "*T V 3"]) -> Float[Tensor, "*E"]:
    """Mean distance of corresponding vertices after the best rigid alignment (no scaling) of each mesh to the truth.

    Args:
        vertices: one mesh or a batch, metres.
        truth: metres; batch dimensions broadcast.

    Returns:
        Millimetres, one for each mesh.
    """
    vertices, truth = torch.broadcast_tensors(vertices, truth)
    moved = fit_rigid(vertices, truth).apply(vertices)
    return (moved - truth).norm(dim=-1).mean(-1) * MM_PER_M


def spread_mm(vertices: Float[Tensor, "*B N V 3"]) -> Float[Tensor, "*B V"]:
    """How far N meshes differ at each vertex: RMS distance to their mean, millimetres; they must be aligned already."""
    return (vertices - vertices.mean(-3, keepdim=True)).square().sum(-1).mean(-2).sqrt() * MM_PER_M


def region_spread_ratio(spread: Float[Tensor, "*B V"], hidden: Bool[Tensor, "*B V"]) -> Float[Tensor, "*B"]:
    """Mean spread of the hidden vertices over that of the visible ones; NaN where either set is empty."""
    count = hidden.sum(-1)
    inside = (spread * hidden).sum(-1) / count
    outside = (spread * ~hidden).sum(-1) / (hidden.shape[-1] - count)
    return inside / outside
