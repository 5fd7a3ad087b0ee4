"""What props are drawn on: a window of the picture that knows face millimetres, and what comes off it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from manyfaces.occlusion.props.site import Site

_SUBPIXEL_BITS = 4
_FINEST_PX = 4096
_EDGE_MM = 0.35
_MOST_SHADOW = 0.45  # below one half: what a shadow falls on stays visible


@dataclass(frozen=True)
class Occluder:
    """Something in front of a face, as it looks.

    Attributes:
        kind: name in `OCCLUDERS`.
        size: height and width of the picture, pixels.
        corner: row and column of the patch's top-left pixel in the picture.
        patch: colour and opacity in [0, 1] of the part of the picture that it touches; straight alpha.
    """

    kind: str
    size: tuple[int, int]
    corner: tuple[int, int]
    patch: Float32[np.ndarray, "h w 4"]

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that the patch lies on."""
        (top, left), (height, width) = self.corner, self.patch.shape[:2]
        return slice(top, top + height), slice(left, left + width)

    @cached_property
    def rgba(self) -> Float32[np.ndarray, "H W 4"]:
        """Colour and opacity over the whole picture."""
        rgba = np.zeros((*self.size, 4), np.float32)
        rgba[self.window] = self.patch
        return rgba

    @cached_property
    def mask(self) -> Bool[np.ndarray, "H W"]:
        """Where it hides the picture: an opacity of one half or more."""
        mask = np.zeros(self.size, bool)
        mask[self.window] = self.patch[..., 3] >= 0.5
        return mask

    def over(self, picture: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
        """The picture with the occluder before it; the one handed in is left as it is."""
        covered = picture.copy()
        alpha = self.patch[..., 3:]
        below = picture[self.window].astype(np.float32)
        covered[self.window] = np.rint(below + alpha * (255 * self.patch[..., :3] - below)).astype(np.uint8)
        return covered


@dataclass(frozen=True)
class Canvas:
    """A window of the picture.

    Attributes:
        site: the face.
        top, left, height, width: the window, picture pixels; never empty, always inside the picture.
    """

    site: Site
    top: int
    left: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @cached_property
    def x_mm(self) -> Float32[np.ndarray, "h w"]:
        """Face x of each pixel."""
        return self._along(self.site.axes[0])

    @cached_property
    def y_mm(self) -> Float32[np.ndarray, "h w"]:
        """Face y of each pixel."""
        return self._along(self.site.axes[1])

    def _along(self, axis: np.ndarray) -> np.ndarray:
        offset = np.array([self.left, self.top]) - self.site.origin_px
        columns = (np.arange(self.width) + offset[0]) * (axis[0] / self.site.px_per_mm)
        rows = (np.arange(self.height) + offset[1]) * (axis[1] / self.site.px_per_mm)
        return (columns[None, :] + rows[:, None]).astype(np.float32)

    def pixels(self, points_mm: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "N 2"]:
        """Carry face millimetres to pixels of the window."""
        return self.site.to_picture(points_mm) - [self.left, self.top]

    def fill(self, outline_mm: Float[np.ndarray, "N 2"], softness_mm: float = _EDGE_MM) -> Float32[np.ndarray, "h w"]:
        """Share of each pixel inside an outline, its edge softened."""
        # Filled finer and made smaller: the library's own soft edges would make everything a pixel and a half wider.
        finer = max(1, min(4, _FINEST_PX // max(self.shape)))
        corners = finer * (self.pixels(outline_mm) + 0.5) - 0.5
        cover = np.zeros((finer * self.height, finer * self.width), np.uint8)
        cv2.fillPoly(cover, [np.round(corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)], (255,), shift=_SUBPIXEL_BITS)
        cover = cv2.resize(cover, self.shape[::-1], interpolation=cv2.INTER_AREA)
        return self.blur(cover.astype(np.float32) / 255, softness_mm)

    def stroke(
        self, path_mm: Float[np.ndarray, "N 2"], width_mm: float, softness_mm: float = _EDGE_MM
    ) -> Float32[np.ndarray, "h w"]:
        """Share of each pixel on a line of some width."""
        width_px = width_mm * self.site.px_per_mm
        corners = np.round(self.pixels(path_mm) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cover = np.zeros(self.shape, np.uint8)
        cv2.polylines(cover, [corners], False, (255,), max(1, round(width_px)), cv2.LINE_AA, _SUBPIXEL_BITS)
        # Lines have no less than one pixel; what is thinner is paler.
        return self.blur(cover.astype(np.float32) * (min(1.0, width_px) / 255), softness_mm)

    def blur(self, values: Float32[np.ndarray, "h w *C"], deviation_mm: float) -> Float32[np.ndarray, "h w *C"]:
        """Gaussian blur; nothing where it would be less than a third of a pixel."""
        deviation_px = deviation_mm * self.site.px_per_mm
        if deviation_px < 0.3:
            return values
        # Wide blurs are done small: they leave nothing fine behind.
        if deviation_px > 6 and min(self.shape) > 16:
            small = cv2.resize(values, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
            small = cv2.GaussianBlur(small, (0, 0), deviation_px / 4)
            return cv2.resize(small, self.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return cv2.GaussianBlur(values, (0, 0), deviation_px)

    def shadow(self, cover: Float32[np.ndarray, "h w"], depth_mm: float, strength: float) -> "Layer":
        """The soft shadow that something throws on the face (not beside it, where nothing is near)."""
        shift = -self.site.light[:2] / self.site.light[2] * depth_mm * self.site.px_per_mm
        moved = cv2.warpAffine(cover, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), self.shape[::-1])
        face = self.fill(self.site.hull_mm, 3.0)
        alpha = self.blur(moved, 0.3 * depth_mm + 1.0) * face * min(strength, _MOST_SHADOW)
        return Layer(self, np.array([0.09, 0.05, 0.04], np.float32), alpha)

    def layer(self, rgb: np.ndarray, alpha: Float[np.ndarray, "h w"]) -> "Layer":
        """Paint on this window: (h, w, 3) or one (3,) colour, and its opacity."""
        return Layer(self, np.asarray(rgb, np.float32), np.asarray(alpha, np.float32))


@dataclass(frozen=True)
class Layer:
    """One coat of paint.

    Attributes:
        canvas: the window that it lies on.
        rgb: (h, w, 3), or (3,) for one colour.
        alpha: (h, w) opacity.
    """

    canvas: Canvas
    rgb: np.ndarray
    alpha: np.ndarray


def occluder(kind: str, layers: Sequence[Layer]) -> Occluder:
    """Lay one or more layers over one another, the first lowest."""
    windows = [layer.canvas for layer in layers]
    top, left = min(w.top for w in windows), min(w.left for w in windows)
    bottom, right = max(w.top + w.height for w in windows), max(w.left + w.width for w in windows)
    patch = np.zeros((bottom - top, right - left, 4), np.float32)
    for layer in layers:
        where = layer.canvas
        below = patch[where.top - top :, where.left - left :][: where.height, : where.width]
        share = np.clip(layer.alpha, 0, 1)
        paint = np.broadcast_to(np.clip(layer.rgb, 0, 1), (*share.shape, 3))
        # Premultiplied while it grows: a coat hides so much of all that is below it, opacity included.
        below += cv2.merge([share] * 4) * (cv2.cvtColor(paint, cv2.COLOR_RGB2RGBA) - below)
    alpha = patch[..., 3]
    patch *= cv2.merge([1 / np.maximum(alpha, np.float32(1e-6))] * 3 + [np.ones_like(alpha)])
    return Occluder(kind, windows[0].site.size, (top, left), np.clip(patch, 0, 1, out=patch))


def canvas_around(site: Site, points_mm: Float[np.ndarray, "N 2"], margin_mm: float = 8.0) -> Canvas:
    """The window that holds some points, as far as they are in the picture."""
    height, width = site.size
    points_px = site.to_picture(points_mm)
    margin = margin_mm * site.px_per_mm + 2
    low = np.clip(np.floor(points_px.min(0) - margin), 0, [width - 1, height - 1]).astype(int)
    high = np.clip(np.ceil(points_px.max(0) + margin) + 1, low + 1, [width, height]).astype(int)
    return Canvas(site, int(low[1]), int(low[0]), int(high[1] - low[1]), int(high[0] - low[0]))
