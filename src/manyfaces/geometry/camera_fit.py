"""The scaled-orthographic camera that puts head points on picture points."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.geometry.camera import HEAD_TO_CAMERA, OrthographicCamera
from manyfaces.geometry.rotation import matrix_from_axis_angle, matrix_from_euler

START_YAWS_DEG = (-40.0, 0.0, 40.0)
# Levenberg's damping, relative to the diagonal: enough to keep the first steps from a wrong start inside the basin.
DAMPING = 1e-3


@dataclass(frozen=True)
class CameraFit:
    """A fitted camera and how well it fits.

    Attributes:
        camera: the camera, pixels per metre and pixels.
        residual_px: weighted root mean square distance between projected and picture points.
    """

    camera: OrthographicCamera
    residual_px: Float[Tensor, "*B"]


def fit_orthographic(
    points: Float[Tensor, "B N 3"],
    points_px: Float[Tensor, "B N 2"],
    weights: Float[Tensor, "B N"],
    n_steps: int = 12,
    start: Float[Tensor, "B 3 3"] | None = None,
) -> CameraFit:
    """Fit rotation, scale and translation by damped Gauss-Newton, the best of three starts.

    Minimises sum_n w_n |s (R x_n)_xy + t - p_n|^2, the weak-perspective model.

    Args:
        points: head frame, metres.
        points_px: where they are on the picture, pixels.
        weights: >= 0; points of weight zero do not count.
        n_steps: Gauss-Newton steps.
        start: camera_from_head to start from; None tries three yaws.

    Returns:
        One camera for each item of the batch.
    """
    starts = [start] if start is not None else [_frontal(points, yaw_deg) for yaw_deg in START_YAWS_DEG]
    fits = [_descend(points, points_px, weights, begin, n_steps) for begin in starts]
    best = torch.stack([fit.residual_px for fit in fits]).argmin(0)
    row = torch.arange(len(points), device=points.device)

    def pick(name: str) -> Tensor:
        return torch.stack([getattr(fit.camera, name) for fit in fits])[best, row]

    camera = OrthographicCamera(pick("scale_px"), pick("rotation"), pick("translation_px"))
    return CameraFit(camera, torch.stack([fit.residual_px for fit in fits])[best, row])


def _frontal(points: Tensor, yaw_deg: float) -> Tensor:
    yaw = torch.tensor(math.radians(yaw_deg), dtype=points.dtype, device=points.device)
    turn = matrix_from_euler(yaw, torch.zeros_like(yaw), torch.zeros_like(yaw))
    return (HEAD_TO_CAMERA.to(points) @ turn).expand(len(points), 3, 3)


def _descend(points: Tensor, points_px: Tensor, weights: Tensor, rotation: Tensor, n_steps: int) -> CameraFit:
    total = weights.sum(-1, keepdim=True).clamp_min(1e-12)
    w = weights / total
    middle = (w[..., None] * points).sum(-2, keepdim=True)
    middle_px = (w[..., None] * points_px).sum(-2, keepdim=True)
    centred, centred_px = points - middle, points_px - middle_px
    rotation, scale = _roll_and_scale(centred, centred_px, w, rotation)
    for _ in range(n_steps):
        turned = centred @ rotation.mT
        error = centred_px - scale[:, None, None] * turned[..., :2]
        x, y, z = turned.unbind(-1)
        zero = torch.zeros_like(x)
        # Columns: turns about x, y, z (rotation <- exp(turn) rotation) and log scale; rows: image x and y.
        rows_x = torch.stack([zero, z, -y, x], -1)
        rows_y = torch.stack([-z, zero, x, y], -1)
        jacobian = scale[:, None, None, None] * torch.stack([rows_x, rows_y], -2)
        normal = torch.einsum("bn,bnij,bnik->bjk", w, jacobian, jacobian)
        gradient = torch.einsum("bn,bnij,bni->bj", w, jacobian, error)
        damping = DAMPING * normal.diagonal(dim1=-2, dim2=-1).mean(-1) + 1e-12
        step = torch.linalg.solve(normal + damping[:, None, None] * torch.eye(4).to(normal), gradient)
        rotation = matrix_from_axis_angle(step[:, :3].clamp(-0.5, 0.5)) @ rotation
        scale = scale * step[:, 3].clamp(-0.5, 0.5).exp()
    turned = (centred @ rotation.mT)[..., :2]
    error = centred_px - scale[:, None, None] * turned
    translation = middle_px[:, 0] - scale[:, None] * (middle @ rotation.mT)[:, 0, :2]
    residual = (w * error.square().sum(-1)).sum(-1).sqrt()
    return CameraFit(OrthographicCamera(scale, rotation, translation), residual)


def _roll_and_scale(centred: Tensor, centred_px: Tensor, w: Tensor, rotation: Tensor) -> tuple[Tensor, Tensor]:
    """Turn the start in the picture plane, and size it, to fit best (2-D Procrustes, closed form)."""
    flat = (centred @ rotation.mT)[..., :2]
    dot = (w[..., None] * flat * centred_px).sum((-2, -1))
    cross = (w * (flat[..., 0] * centred_px[..., 1] - flat[..., 1] * centred_px[..., 0])).sum(-1)
    roll = torch.atan2(cross, dot)
    about_z = torch.stack([torch.zeros_like(roll), torch.zeros_like(roll), roll], -1)
    power = (w * flat.square().sum(-1)).sum(-1).clamp_min(1e-12)
    return matrix_from_axis_angle(about_z) @ rotation, torch.hypot(dot, cross) / power
