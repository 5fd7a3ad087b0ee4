"""The single pictures of an overview: the photo, what is hidden, the face on the photo, and heads by themselves."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image, ImageDraw
from torch import Tensor

from manyfaces.geometry.camera import Camera, frame_points
from manyfaces.geometry.mesh import vertex_adjacency
from manyfaces.geometry.rotation import matrix_from_euler
from manyfaces.pipeline.detailed_mesh import DetailedMesh
from manyfaces.pipeline.poster import PANEL
from manyfaces.render import DEFAULT_LIGHT, interpolate, overlay, render_mesh, to_bytes

HIDDEN = (226, 84, 62)
SEEN = (17, 158, 150)
TINT = 0.5
OPACITY = 0.92
SUPERSAMPLE = 2
FADE_ROUNDS = 5
DOT_RADIUS_PX = 1.9
SMOOTHING = 3
ROOM_AROUND_POINTS = 1.9
ROOM_ABOVE = 0.1


@dataclass(frozen=True)
class Frame:
    """A square of the photo, in whole pixels; it may stand over the edge.

    Attributes:
        left: x of its first column.
        top: y of its first row.
        side: columns and rows.
    """

    left: int
    top: int
    side: int

    def crop(self, image: UInt8[np.ndarray, "H W C"], size: int, background: tuple[int, ...]) -> np.ndarray:
        """The square of a picture, resized to `size` pixels a side; (size, size, C) uint8."""
        height, width, channels = image.shape
        square = np.empty((self.side, self.side, channels), np.uint8)
        square[:] = background
        x0, y0 = max(self.left, 0), max(self.top, 0)
        x1, y1 = min(self.left + self.side, width), min(self.top + self.side, height)
        if x1 > x0 and y1 > y0:
            square[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left] = image[y0:y1, x0:x1]
        resized = Image.fromarray(square.squeeze()).resize((size, size), Image.Resampling.LANCZOS)
        return np.asarray(resized).reshape(size, size, channels)

    def points(self, points_px: Float[np.ndarray, "N 2"], size: int) -> Float[np.ndarray, "N 2"]:
        """Photo points as pixels of the resized square."""
        factor = size / self.side
        return (points_px - (self.left, self.top) + 0.5) * factor - 0.5

    def camera(self, camera: Camera, size: int) -> Camera:
        """A camera of the photo as one of the resized square."""
        return camera.shifted((-float(self.left), -float(self.top))).scaled(size / self.side)


def frame_face(points_px: Float[np.ndarray, "N 2"], photo_size: tuple[int, int]) -> Frame:
    """The square around a face that a portrait would show, inside the photo where it fits.

    Args:
        points_px: points of the face on the photo.
        photo_size: height and width, pixels.
    """
    finite = points_px[np.isfinite(points_px).all(axis=1)]
    height, width = photo_size
    if len(finite) == 0:
        finite = np.array([[0.0, 0.0], [width, height]])
    low, high = finite.min(axis=0), finite.max(axis=0)
    reach = float(np.clip((high - low).max(), 8.0, 2.0 * max(photo_size)))
    side = round(reach * ROOM_AROUND_POINTS)
    x, y = (low + high) / 2 - (0.0, reach * ROOM_ABOVE)
    left, top = round(x - side / 2), round(y - side / 2)
    return Frame(_inside(left, side, width), _inside(top, side, height), side)


def hidden_view(
    picture: UInt8[np.ndarray, "S S 3"],
    frame: Frame,
    points_px: Float[np.ndarray, "N 2"],
    visible: Bool[np.ndarray, " N"],
    hidden_mask: Bool[np.ndarray, "H W"] | None,
) -> UInt8[np.ndarray, "S S 3"]:
    """Tint what hides the face and mark the points: seen in green, not seen in red."""
    size = len(picture)
    tinted = picture.astype(np.float32)
    if hidden_mask is not None:
        soft = frame.crop(hidden_mask[..., None].astype(np.uint8) * 255, size, (0,))
        # A mask enlarged with its photo has stairs along its edge.
        soft = cv2.GaussianBlur(soft, (0, 0), max(0.8, 0.6 * size / frame.side))[..., None]
        alpha = soft.astype(np.float32) / 255 * TINT
        tinted = tinted * (1 - alpha) + np.array(HIDDEN, np.float32) * alpha
        tinted = tinted.round().astype(np.uint8)
        outlines, _ = cv2.findContours((soft[..., 0] > 127).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        tinted = cv2.polylines(np.ascontiguousarray(tinted), outlines, True, HIDDEN, 2, cv2.LINE_AA)
    placed = frame.points(points_px, size)
    return mark_points(mark_points(np.asarray(tinted, np.uint8), placed[visible], SEEN), placed[~visible], HIDDEN)


def mark_points(
    picture: UInt8[np.ndarray, "S S 3"], points: Float[np.ndarray, "N 2"], colour: tuple[int, int, int]
) -> UInt8[np.ndarray, "S S 3"]:
    """Set a dot on every point, pixels of the picture; points that are not finite have none."""
    size = len(picture)
    stencil = Image.new("L", (size * SMOOTHING, size * SMOOTHING), 0)
    draw = ImageDraw.Draw(stencil)
    for x, y in (points[np.isfinite(points).all(axis=1)] + 0.5) * SMOOTHING:
        if -size < x < 2 * size * SMOOTHING and -size < y < 2 * size * SMOOTHING:
            draw.circle((float(x), float(y)), DOT_RADIUS_PX * SMOOTHING, fill=255)
    alpha = np.asarray(stencil.resize((size, size), Image.Resampling.BOX), np.float32)[..., None] / 255
    return (picture * (1 - alpha) + np.array(colour, np.float32) * alpha).round().astype(np.uint8)


def overlay_view(
    picture: UInt8[np.ndarray, "S S 3"],
    frame: Frame,
    vertices: Float[Tensor, "V 3"],
    faces: Int[Tensor, "F 3"],
    camera: Camera,
    albedo: Float[Tensor, "V 3"] | None,
    weights: Float[Tensor, " V"],
    light: Float[Tensor, "9 3"] | None = DEFAULT_LIGHT,
) -> UInt8[np.ndarray, "S S 3"]:
    """Lay a head over the photo where its camera puts it, as opaque as each vertex' weight says.

    Light is as `render_mesh` takes it: None for colours that are lit already.
    """
    size = len(picture)
    placed = frame.camera(camera, size)
    render = render_mesh(vertices[None], faces, placed, (size, size), albedo, light, supersample=SUPERSAMPLE)
    opacity = interpolate(render.fragments, faces, weights[None, :, None])
    opacity = opacity.unfold(1, SUPERSAMPLE, SUPERSAMPLE).unfold(2, SUPERSAMPLE, SUPERSAMPLE).mean((-1, -2))
    return overlay(picture, render.rgb[0], opacity[0, ..., 0], OPACITY)


def faded(
    region: Bool[Tensor, " V"], faces: Int[Tensor, "F 3"], side: Literal["inside", "outside"]
) -> Float[Tensor, " V"]:
    """Zero to one over the edge of a region of a mesh.

    Args:
        region: the vertices in it.
        faces: of the mesh.
        side: where the way lies: `inside` nothing outside the region is above zero, `outside` all of the region is one.
    """
    neighbours = vertex_adjacency(faces, len(region))
    weights = region.float()[:, None]
    for _ in range(FADE_ROUNDS):
        weights = neighbours.mean(weights)
    # At the edge of a smoothed step stands one half.
    half = 2 * weights[:, 0]
    share = (half - 1).clamp(0, 1) * region if side == "inside" else torch.where(region, 1.0, half.clamp(0, 1))
    return share * share * (3 - 2 * share)


def head_views(
    vertices: Float[Tensor, "B V 3"],
    faces: Int[Tensor, "F 3"],
    camera: Camera,
    size: tuple[int, int],
    albedo: Float[Tensor, "*B V 3"] | None,
    light: Float[Tensor, "9 3"] | None = DEFAULT_LIGHT,
) -> list[np.ndarray]:
    """Heads by themselves on the panel's colour: a list of B pictures (H, W, 3) uint8; light as in `overlay_view`."""
    render = render_mesh(vertices, faces, camera, size, albedo, light, supersample=SUPERSAMPLE)
    panel = torch.tensor(PANEL, dtype=torch.float32, device=vertices.device) / 255
    mask = render.mask[..., None]
    return list(to_bytes(render.rgb * mask + panel * (1 - mask)))


def detailed_view(mesh: DetailedMesh, camera: Camera, size: tuple[int, int]) -> UInt8[np.ndarray, "H W 3"]:
    """A head with its detail by itself, on the panel's colour; light as in `overlay_view`."""
    return head_views(mesh.vertices, mesh.faces, camera, size, mesh.colours(camera.rotation), light=None)[0]


def studio_camera(vertices: Float[Tensor, "V 3"], size: tuple[int, int], yaw: float, margin: float) -> Camera:
    """A camera with a batch of one that looks at a head from a side.

    Args:
        vertices: what must fit the picture.
        size: height and width, pixels.
        yaw: radians; positive turns the face to the subject's left.
        margin: room around the head, 1 touches the edge.
    """
    zero = torch.zeros((), dtype=vertices.dtype, device=vertices.device)
    turn = matrix_from_euler(zero + yaw, zero, zero)
    return frame_points(vertices[None], size, turn, margin)


def _inside(start: int, side: int, limit: int) -> int:
    if side >= limit:
        return round((limit - side) / 2)
    return min(max(start, 0), limit - side)
