"""The surface of a hand, as seen from the front: bones to outline and heights."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int8

from manyfaces.occlusion.props.canvas import Canvas
from manyfaces.occlusion.props.hand_skeleton import Cone
from manyfaces.occlusion.props.relief import smooth_maximum

NOTHING = -60.0
"""Height where there is no hand, mm."""

_WEB_MM = {"palm": 26.0, "arm": 26.0, "finger": 3.0}  # how far parts grow into what is there already
_DOME = {"palm": 0.6, "arm": 0.45, "finger": 0.85}  # height over half width: none is quite round

Window = tuple[slice, slice]


@dataclass(frozen=True)
class HandRelief:
    """A hand as seen.

    Attributes:
        inside_mm: how far inside the outline each pixel is; negative outside.
        height_mm: of its surface towards the viewer.
        owner: number of the bone on top, -1 for none.
    """

    inside_mm: Float32[np.ndarray, "h w"]
    height_mm: Float32[np.ndarray, "h w"]
    owner: Int8[np.ndarray, "h w"]


def flat(points: Float[np.ndarray, "*N 3"]) -> Float[np.ndarray, "*N 2"]:
    """Space, y up, to face millimetres, y down, seen from the front."""
    return points[..., :2] * [1.0, -1.0]


def hand_relief(canvas: Canvas, cones: list[Cone]) -> HandRelief:
    """Join all bones to one surface."""
    inside = np.full(canvas.shape, NOTHING, np.float32)
    height, highest = inside.copy(), inside.copy()
    owner = np.full(canvas.shape, -1, np.int8)
    for index, cone in enumerate(cones):
        window = around(canvas, flat(cone.ends), max(cone.radii) + 6.0)
        if window is None:
            continue
        within, top = cone_surface(canvas, cone, window)
        web = _WEB_MM[cone.part]
        inside[window] = smooth_maximum(inside[window], within, min(web, 6.0))
        on_top = (top > highest[window]) & (within > -1)
        owner[window][on_top] = index
        highest[window][on_top] = top[on_top]
        height[window] = smooth_maximum(height[window], top, web)
    return HandRelief(inside, _with_full_palm(canvas, inside, height, owner, cones), owner)


def _with_full_palm(
    canvas: Canvas, inside: np.ndarray, height: np.ndarray, owner: np.ndarray, cones: list[Cone]
) -> np.ndarray:
    """Smooth the back of the hand, whose bones lie deeper below the skin than those of the fingers."""
    numbers = [index for index, cone in enumerate(cones) if cone.part != "finger"]
    smooth = canvas.blur(np.isin(owner, numbers).astype(np.float32), 3.0) * np.clip(inside / 9, 0, 1)
    filled = (inside > 0).astype(np.float32)
    mean = canvas.blur(height * filled, 6.0) / np.maximum(canvas.blur(filled, 6.0), 1e-3)
    return height + smooth * (mean - height)


def around(canvas: Canvas, points_mm: Float[np.ndarray, "N 2"], reach_mm: float) -> Window | None:
    """The part of a canvas that is near some points; None when there is none."""
    reach = reach_mm * canvas.site.px_per_mm
    xs, ys = canvas.pixels(points_mm).T.tolist()
    left, right = max(int(min(xs) - reach), 0), min(int(max(xs) + reach) + 1, canvas.width)
    top, bottom = max(int(min(ys) - reach), 0), min(int(max(ys) + reach) + 1, canvas.height)
    return None if left >= right or top >= bottom else (slice(top, bottom), slice(left, right))


def bone_axes(canvas: Canvas, cone: Cone, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Millimetres along a bone from its start, as seen, and to the side of it."""
    start, end = flat(cone.ends).astype(np.float32)
    ahead = (end - start) / max(float(np.linalg.norm(end - start)), 1e-3)
    dx, dy = canvas.x_mm[window] - start[0], canvas.y_mm[window] - start[1]
    return dx * ahead[0] + dy * ahead[1], dy * ahead[0] - dx * ahead[1]


def cone_surface(canvas: Canvas, cone: Cone, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """How far inside a bone's outline each pixel is, and the height of its surface, mm."""
    along, aside = bone_axes(canvas, cone, window)
    length = max(float(np.linalg.norm(cone.ends[1, :2] - cone.ends[0, :2])), 1e-3)
    share = np.clip(along / np.float32(length), 0, 1)
    rest = along - share * np.float32(length)
    squared = aside * aside + rest * rest
    radius = np.float32(cone.radii[0]) + share * np.float32(cone.radii[1] - cone.radii[0])
    middle = np.float32(cone.ends[0, 2]) + share * np.float32(cone.ends[1, 2] - cone.ends[0, 2])
    distance = np.sqrt(squared)
    dome = np.float32(_DOME[cone.part]) * np.sqrt(np.maximum(radius * radius - squared, 0))
    # Outside its outline the surface goes on down, so that parts can grow together.
    return radius - distance, middle + dome - 3 * np.maximum(distance - radius, 0)
