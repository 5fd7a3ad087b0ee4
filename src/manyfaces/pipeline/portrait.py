"""`overview.png` of one face whose colours and light are known: on the photo, by itself, and as plain shape."""

import math

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.faces.model import usual
from manyfaces.geometry import Camera
from manyfaces.pipeline.detailed_mesh import detailed_mesh
from manyfaces.pipeline.page import GAP_PX, HEAD_PX, ROW_PX, WIDTH_PX, caption, face_weights, heading, large_row
from manyfaces.pipeline.poster import PANEL, Box, Poster
from manyfaces.pipeline.result import Appearance, Reconstruction
from manyfaces.pipeline.views import detailed_view, frame_face, head_views, overlay_view, studio_camera
from manyfaces.render import deng_harmonics, to_bytes

SIDE_YAW = math.radians(-90.0)
HEAD_MARGIN = 1.12
BALL_PX = 76
BALL_INSET_PX = 18
BALL_GREY = 0.75


def draw_portrait(result: Reconstruction, appearance: Appearance) -> UInt8[np.ndarray, "H 1600 3"]:
    """Draw the page of one face.

    From the top: the photo, the face laid over it, the face by itself in the photo's light; then, in the light of a
    studio, its own colours from the front and the side, and its shape in clay.
    """
    poster = Poster(WIDTH_PX, HEAD_PX + 2 * ROW_PX + GAP_PX // 2)
    seen = f"{int(result.visible.sum())} of {len(result.visible)} points seen"
    facts = ["one face, with its colours and light", seen, f"model {result.model}", f"head {result.head.data.name}"]
    heading(poster, "The face", facts, result.source)
    _draw_lit(poster, result, appearance)
    _draw_studio(poster, result)
    return poster.pixels()


def _draw_lit(poster: Poster, result: Reconstruction, appearance: Appearance) -> None:
    photo, laid, alone = large_row(0)
    size = photo.width
    frame = frame_face(result.points_px, result.photo.shape[:2])
    picture = frame.crop(result.photo, size, PANEL)
    poster.picture(photo, picture)
    caption(poster, photo, "Photo")
    camera, faces, colours = result.camera_batch(0), result.head.faces, appearance.colours[0]
    weights = face_weights(result, "inside")
    face = overlay_view(picture, frame, result.vertices[0], faces, camera, colours, weights, light=None)
    poster.picture(laid, face)
    caption(poster, laid, "The face on the photo")
    placed = frame.camera(camera, size)
    poster.picture(alone, head_views(result.vertices[:1], faces, placed, (size, size), colours, light=None)[0])
    caption(poster, alone, "By itself", "in the photo's light, as on the ball")
    corner = Box(alone.right - BALL_INSET_PX - BALL_PX, alone.y + BALL_INSET_PX, BALL_PX, BALL_PX)
    poster.picture(corner, light_ball(appearance.coefficients.light[0], BALL_PX), round_corners=False)


def _draw_studio(poster: Poster, result: Reconstruction) -> None:
    best, faces, albedo = result.vertices[:1], result.head.faces, result.albedo
    views = (("Its own colours", 0.0, albedo), ("From the side", SIDE_YAW, albedo), ("Its shape", 0.0, None))
    for slot, (name, yaw, colours) in zip(large_row(1), views, strict=True):
        size = (slot.height, slot.width)
        camera = studio_camera(best[0], size, yaw, HEAD_MARGIN)
        if result.detail is not None and colours is None:
            poster.picture(slot, _detailed(result, camera, size))
            caption(poster, slot, name, "with its wrinkles and folds")
        else:
            poster.picture(slot, head_views(best, faces, camera, size, colours)[0])
            caption(poster, slot, name)


def _detailed(result: Reconstruction, camera: Camera, size: tuple[int, int]) -> UInt8[np.ndarray, "H W 3"]:
    """The face in clay with its detail."""
    assert result.detail is not None
    mesh = detailed_mesh(result.vertices[:1], None, result.detail.displacement_m, result.detail.grid)
    return detailed_view(mesh, camera, size)


def light_ball(light: Float[Tensor, "3 9"], size: int) -> UInt8[np.ndarray, "S S 3"]:
    """A grey ball in predicted light, on the panel's colour.

    Args:
        light: as `FaceCoefficients` has it.
        size: pixels a side; the ball touches the edges.
    """
    across = (2 * torch.arange(size) + 1) / size - 1
    y, x = torch.meshgrid(-across, across, indexing="ij")
    off = x * x + y * y
    normals = torch.stack([x, y, (1 - off).clamp(min=0).sqrt()], -1)
    normals = normals / normals.norm(dim=-1, keepdim=True).clamp(min=1e-6)
    colours = (BALL_GREY * deng_harmonics(normals) @ usual(light).mT).clamp(0, 1)
    inside = ((1 - off.sqrt()) * size / 2 + 0.5).clamp(0, 1)[..., None]  # soft over one pixel
    panel = torch.tensor(PANEL) / 255
    return to_bytes(colours * inside + panel * (1 - inside))
