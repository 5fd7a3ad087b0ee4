"""Settling sampled faces onto what is seen: the small change of coefficients that the visible points ask for.

A sample of the diffusion models has the right distribution, but its visible points miss those of the photo by a
little. One step of Gauss-Newton in the coefficients, held back by the posterior's own deviations, takes that out and
leaves what is hidden as it was drawn.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry import OrthographicCamera


def settle(
    points: Float[Tensor, "M N 3"],
    basis: Float[Tensor, "K N 3"],
    deviation: Float[Tensor, " K"],
    camera: OrthographicCamera,
    targets_px: Float[Tensor, "M N 2"],
    weights: Float[Tensor, "M N"],
) -> Float[Tensor, "M K"]:
    """Minimise sum_n w_n |project(x_n + sum_k d_k b_kn) - p_n|^2 + sum_k (d_k / deviation_k)^2 over d.

    Args:
        points: points on each hypothesis, metres, head frame.
        basis: how they move with each coefficient, metres per unit.
        deviation: how far each coefficient may go; 0 holds it.
        camera: M cameras.
        targets_px: where the points are on the picture.
        weights: 1 / variance of each, per pixel squared; 0 for hidden points.

    Returns:
        The change d of the coefficients.
    """
    # Unknowns in units of their deviation: a coefficient that is held becomes a zero column.
    moves = torch.einsum("m,mxy,kny->mnxk", camera.scale_px, camera.rotation[:, :2], basis * deviation[:, None, None])
    missed = targets_px - camera.project(points).points_px
    weighted = moves * weights[..., None, None]
    normal = torch.einsum("mnxk,mnxl->mkl", weighted, moves) + torch.eye(len(basis)).to(moves)
    right = torch.einsum("mnxk,mnx->mk", weighted, missed)
    # Symmetric and positive: half the work of a general solver, whose threaded form hangs in some builds of MKL.
    return torch.cholesky_solve(right[..., None], torch.linalg.cholesky(normal))[..., 0] * deviation
