"""Frames for `overview.mp4`: as filmed, and with the face laid over."""

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.geometry import Camera
from manyfaces.pipeline.page import face_weights
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.views import OPACITY
from manyfaces.render import DEFAULT_LIGHT, interpolate, overlay, render_mesh

MOST_HIGH_PX = 540


class OverlayDrawer:
    """Draws the face over each frame of a clip, at the size that overviews have."""

    def __init__(self) -> None:
        self._weights: Float[Tensor, " V"] | None = None

    @torch.no_grad()
    def draw(self, result: Reconstruction) -> UInt8[np.ndarray, "h w 3"]:
        """The frame with the face on it: in its own colours and light if they are known."""
        if self._weights is None:
            self._weights = face_weights(result, "inside")
        picture = shrunk(result.photo)
        camera = result.camera_batch(0).scaled(picture.shape[0] / result.photo.shape[0])
        part = _part_around(camera, result.vertices, picture)
        if part is None:
            return picture
        rows, columns = part
        region = picture[rows, columns]
        size = (region.shape[0], region.shape[1])
        appearance = result.appearance
        render = render_mesh(
            result.vertices[:1],
            result.head.faces,
            camera.shifted((-float(columns.start), -float(rows.start))),
            size,
            result.albedo if appearance is None else appearance.colours[0],
            DEFAULT_LIGHT if appearance is None else None,
        )
        opacity = interpolate(render.fragments, result.head.faces, self._weights[None, :, None])[0, ..., 0]
        drawn = picture.copy()
        drawn[rows, columns] = overlay(region, render.rgb[0], opacity, OPACITY)
        return drawn


def shrunk(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """A frame, no higher than an overview."""
    height, width = image.shape[:2]
    if height <= MOST_HIGH_PX:
        return image
    size = (max(1, round(width * MOST_HIGH_PX / height)), MOST_HIGH_PX)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _part_around(camera: Camera, vertices: Float[Tensor, "1 V 3"], picture: np.ndarray) -> tuple[slice, slice] | None:
    """Rows and columns of the picture that the mesh may cover; None if it lies beside."""
    points_px = camera.project(vertices).points_px[0]
    low = points_px.amin(0).floor().long().clamp_min(0).tolist()
    high = points_px.amax(0).ceil().long().tolist()
    right, bottom = (min(h + 1, side) for h, side in zip(high, (picture.shape[1], picture.shape[0]), strict=True))
    if right <= low[0] or bottom <= low[1]:
        return None
    return slice(low[1], bottom), slice(low[0], right)
