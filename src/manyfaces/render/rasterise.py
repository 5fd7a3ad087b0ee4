"""The door to the rasterisers."""

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor

from manyfaces.core.errors import ChoiceError, InputError
from manyfaces.render.fragments import Coverage, Fragments, checked_faces, prepared_corners
from manyfaces.render.interpolation import barycentric_picture
from manyfaces.render.raster_torch import rasterise_torch

Backend = Literal["auto", "torch", "numba", "triton"]


def cover(
    points_px: Float[Tensor, "B V 3"],
    faces: Int[Tensor, "F 3"],
    size: tuple[int, int],
    backend: Backend = "auto",
    perspective: bool = False,
) -> Coverage:
    """`rasterise` without barycentrics and without gradients."""
    chosen = _choose(backend, points_px.device)
    corners = prepared_corners(points_px, perspective)
    faces = checked_faces(faces, points_px.shape[1]).to(points_px.device)
    if chosen == "numba":
        from manyfaces.render.raster_numba import rasterise_numba

        return rasterise_numba(corners, faces, size, perspective)
    if chosen == "triton":
        from manyfaces.render.raster_triton import rasterise_triton

        return rasterise_triton(corners, faces, size, perspective)
    return rasterise_torch(corners, faces, size, perspective)


def rasterise(
    points_px: Float[Tensor, "B V 3"],
    faces: Int[Tensor, "F 3"],
    size: tuple[int, int],
    backend: Backend = "auto",
    perspective: bool = False,
) -> Fragments:
    """Find the nearest face at the centre of every pixel.

    All backends give equal face ids. Faces are drawn from both sides. A face with a corner that is not finite, not in
    front of the camera or absurdly far off is left out whole: nothing is clipped.

    Args:
        points_px: x and y in pixels, (0, 0) the centre of the top-left pixel, and depth > 0.
        faces: corners, vertex indices.
        size: height and width of the picture, pixels.
        backend: auto (numba on the CPU, triton on CUDA, torch elsewhere), torch, numba or triton.
        perspective: whether the points come from a perspective camera. Then barycentrics weigh the surface in space, so
            that attributes are interpolated perspective-correctly, and depths are exact inside faces; otherwise
            both are linear on the picture, which is right for orthographic cameras.

    Returns:
        Fragments; barycentrics are differentiable in the points, face ids and depth are not.

    Raises:
        ChoiceError: unknown backend.
        InputError: the backend cannot run on the points' device, or faces do not fit the points.
    """
    coverage = cover(points_px, faces, size, backend, perspective)
    barycentrics = barycentric_picture(coverage.face_ids, faces.to(points_px.device), points_px, perspective)
    return Fragments(coverage.face_ids, coverage.depth, barycentrics)


def _choose(backend: str, device: torch.device) -> str:
    if backend not in get_args(Backend):
        raise ChoiceError("rasteriser backend", backend, get_args(Backend))
    if backend == "auto":
        return {"cpu": "numba", "cuda": "triton"}.get(device.type, "torch")
    if (backend == "numba" and device.type != "cpu") or (backend == "triton" and device.type != "cuda"):
        raise InputError(f"the {backend} rasteriser cannot draw points on {device}", "use backend='auto'")
    return backend
