"""What an occluder looks like: solid, shaded, textured, striped or skin-like paint with believable edges."""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

_MARGIN_PX = 12
_SKIN_TONES = np.array([[236, 200, 176], [204, 153, 122], [158, 110, 82], [97, 64, 46]], np.float32)


def paint_occluder(
    image: UInt8[np.ndarray, "H W 3"], mask: Bool[np.ndarray, "H W"], generator: np.random.Generator
) -> UInt8[np.ndarray, "H W 3"]:
    """Paint an occluder into a copy of a picture.

    Half of the paints are one solid colour, the others a gradient, noise, stripes or a skin-like tone; some have a soft
    shadow, some an anti-aliased edge.

    Args:
        image: (H, W, 3) RGB picture, left as it is.
        mask: (H, W), true where the occluder is.
        generator: source of every random choice.

    Returns:
        The picture with the occluder; it differs from `image` only within 12 px of the mask.
    """
    painted = image.copy()
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    if width == 0:
        return painted
    window = (
        slice(max(y - _MARGIN_PX, 0), min(y + height + _MARGIN_PX, mask.shape[0])),
        slice(max(x - _MARGIN_PX, 0), min(x + width + _MARGIN_PX, mask.shape[1])),
    )
    inside = np.ascontiguousarray(mask[window]).view(np.uint8)
    below = painted[window]
    if generator.random() < 0.25:
        below = _with_shadow(below, inside, generator)
    paint = _PAINTS[int(generator.choice(len(_PAINTS), p=_PAINT_CHANCES))](inside.shape, generator)
    if generator.random() < 0.5:
        painted[window] = _blend_edge(below, paint, inside)
    else:
        painted[window] = below
        cv2.copyTo(paint, inside, painted[window])
    return painted


def _with_shadow(below: np.ndarray, inside: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Darken the surroundings of the occluder, as its own shadow on the face would."""
    shift = generator.integers(-4, 5, 2)
    moved = cv2.warpAffine(inside, np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float64), inside.shape[::-1])
    kernel = int(generator.integers(2, 8)) * 2 + 1
    # 15-45 % darker at the core; the kernel keeps the shadow inside the window's margin.
    soft = cv2.blur(moved * np.uint8(generator.uniform(40, 115)), (kernel, kernel))
    return cv2.multiply(below, cv2.merge([255 - soft] * 3), scale=1 / 255)


def _blend_edge(below: np.ndarray, paint: np.ndarray, inside: np.ndarray) -> np.ndarray:
    alpha = cv2.blur(inside * np.uint8(255), (3, 3)).astype(np.float32) / 255
    return cv2.blendLinear(paint, below, alpha, 1 - alpha)


def _solid(shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    return _filled(shape, generator.integers(0, 256, 3))


def _filled(shape: tuple[int, int], colour: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.asarray(colour, np.uint8), (*shape, 3)).copy()


def _enlarged(coarse: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Stretch a few random colours over the window: smooth fields at next to no cost."""
    fine = cv2.resize(coarse.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.convertScaleAbs(fine)


def _gradient(shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    base = generator.uniform(0, 255, 3)
    return _enlarged(np.clip(base + generator.normal(0, 45, (2, 2, 3)), 0, 255), shape)


def _noise(shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """Cloth-like clutter: random colours around a mean at a random grain."""
    grain = generator.uniform(2, 12)
    cells = max(2, int(shape[0] / grain)), max(2, int(shape[1] / grain))
    grey = generator.normal(0, generator.uniform(8, 50), (*cells, 1))
    colour = generator.normal(0, generator.uniform(0, 25), (*cells, 3))
    return _enlarged(np.clip(generator.uniform(20, 235, 3) + grey + colour, 0, 255), shape)


def _stripes(shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    colours = generator.integers(0, 256, (2, 3)).astype(np.uint8)
    angle, period = generator.uniform(0, np.pi), generator.uniform(5, 30)
    rows, columns = np.arange(shape[0], dtype=np.float32)[:, None], np.arange(shape[1], dtype=np.float32)
    phase = (rows * np.sin(angle) + columns * np.cos(angle)) / period + generator.random()
    return colours[(phase % 1 < generator.uniform(0.3, 0.7)).astype(np.intp)]


def _skin(shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """A hand or an arm: a skin tone, shaded across, with fine grain."""
    tone = _SKIN_TONES[int(generator.integers(len(_SKIN_TONES)))] * generator.uniform(0.7, 1.08)
    shade = generator.uniform(0.75, 1.1, (3, 3, 1))
    shaded = _enlarged(np.clip(tone * shade, 0, 255), shape)
    grain = generator.integers(0, 9, (shape[0] // 2 + 1, shape[1] // 2 + 1), dtype=np.uint8)
    return cv2.subtract(shaded, cv2.merge([cv2.resize(grain, shape[::-1])] * 3))


_Paint = Callable[[tuple[int, int], np.random.Generator], np.ndarray]
_PAINTS: tuple[_Paint, ...] = (_solid, _gradient, _noise, _stripes, _skin)
_PAINT_CHANCES = (0.5, 0.12, 0.14, 0.08, 0.16)
