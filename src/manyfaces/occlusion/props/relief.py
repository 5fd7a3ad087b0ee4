"""Light on a surface that is given as heights."""

import cv2
import numpy as np
from jaxtyping import Float32

from manyfaces.occlusion.props.canvas import Canvas

_AMBIENT = 0.42
# Light that goes through skin comes out red: where the others are dark already, red is not yet.
_SKIN_FALL = np.array([0.75, 1.0, 1.12], np.float32)


def smooth_maximum(first: np.ndarray, second: np.ndarray, reach: float) -> np.ndarray:
    """The greater of two heights, rounded where they are within `reach` of each other (polynomial, Quilez 2008)."""
    near = np.maximum(reach - np.abs(first - second), 0) / reach
    return np.maximum(first, second) + near * near * (reach / 4)


def diffuse(height_mm: Float32[np.ndarray, "h w"], canvas: Canvas, wrap: float = 0.15) -> Float32[np.ndarray, "h w"]:
    """Brightness of a dull surface, 1 where it faces the light; `wrap` carries light beyond the terminator."""
    normal = _normals(height_mm, canvas)
    light = canvas.site.light.astype(np.float32)
    towards = sum(n * part for n, part in zip(normal, light, strict=True))
    lit = np.clip((towards + wrap) / (1 + wrap), 0, 1)
    return _AMBIENT + (1 - _AMBIENT) * lit


def gloss(height_mm: Float32[np.ndarray, "h w"], canvas: Canvas, sharpness: float) -> Float32[np.ndarray, "h w"]:
    """Highlight of a shiny surface (Blinn's half vector)."""
    half = canvas.site.light + np.array([0.0, 0.0, 1.0])
    half = (half / np.linalg.norm(half)).astype(np.float32)
    towards = sum(n * part for n, part in zip(_normals(height_mm, canvas), half, strict=True))
    return np.maximum(towards, 0) ** sharpness


def crevices(height_mm: Float32[np.ndarray, "h w"], canvas: Canvas, reach_mm: float) -> Float32[np.ndarray, "h w"]:
    """How much light is kept out by higher surroundings, 0 to 1."""
    return np.clip((canvas.blur(height_mm, reach_mm) - height_mm) / (1.2 * reach_mm), 0, 1)


def lit_skin(albedo: Float32[np.ndarray, "*S 3"], brightness: Float32[np.ndarray, "*S"]) -> Float32[np.ndarray, "*S 3"]:
    """Skin of some colour under some brightness."""
    logarithm = np.log(np.maximum(brightness, 1e-3))
    return albedo * np.stack([np.exp(fall * logarithm) for fall in _SKIN_FALL], axis=-1)


def _normals(height_mm: np.ndarray, canvas: Canvas) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scale = canvas.site.px_per_mm / 2
    x = -scale * cv2.filter2D(height_mm, -1, np.array([[-1.0, 0.0, 1.0]], np.float32))
    y = -scale * cv2.filter2D(height_mm, -1, np.array([[-1.0], [0.0], [1.0]], np.float32))
    shorter = 1 / np.sqrt(x * x + y * y + 1)
    return x * shorter, y * shorter, shorter
