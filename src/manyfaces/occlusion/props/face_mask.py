"""A face mask: surgical, of cloth, or a folded respirator."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from manyfaces.occlusion.props.canvas import Canvas, Layer, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import smooth_path
from manyfaces.occlusion.props.relief import crevices, diffuse
from manyfaces.occlusion.props.sheet import SheetAxes, sheet_axes
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import fractal_noise, noise, sample_cloth

_Style = Literal["surgical", "cloth", "folded"]
_SURGICAL = np.array(
    [
        [0.62, 0.78, 0.87],
        [0.62, 0.78, 0.87],
        [0.90, 0.92, 0.93],
        [0.13, 0.13, 0.14],
        [0.66, 0.84, 0.76],
        [0.9, 0.72, 0.77],
    ],
    np.float32,
)
_FOLDED = np.array([[0.93, 0.93, 0.92], [0.93, 0.93, 0.92], [0.12, 0.12, 0.13], [0.72, 0.75, 0.78]], np.float32)


@dataclass(frozen=True)
class _Cut:
    """A mask's edges, face millimetres: the upper and the lower, both from left to right."""

    top: np.ndarray
    bottom: np.ndarray

    @property
    def outline(self) -> np.ndarray:
        return np.concatenate([self.top, self.bottom[::-1]])


def face_mask(site: Site, generator: np.random.Generator) -> Occluder:
    """A mask from the bridge of the nose to below the chin, held by loops around the ears."""
    style: _Style = ("surgical", "cloth", "folded")[int(generator.choice(3, p=[0.5, 0.3, 0.2]))]
    cut = _cut(site, style, generator)
    canvas = canvas_around(site, np.concatenate([cut.outline, _ears(site).reshape(-1, 2)]), 6.0)
    axes = sheet_axes(canvas, cut.top, cut.bottom, float(site.points_mm[30, 0]))
    cover = canvas.fill(cut.outline)
    height = _height(canvas, axes, style, generator)
    brightness = diffuse(canvas.blur(height, 0.5), canvas, 0.2) * (1 - 0.5 * crevices(height, canvas, 4.0))
    colour = _colour(canvas, axes, style, generator)
    # The border is folded over and sewn: thicker, with a seam beside it.
    edge = np.abs(axes.inside_mm)
    brightness = brightness * (1 - 0.16 * np.exp(-(((edge - 3.6) / 0.5) ** 2)) + 0.05 * (edge < 3.6))
    rgb = colour * (1.08 * site.exposure * brightness)[..., None]
    straps = _straps(canvas, cut, generator)
    return occluder("mask", [canvas.shadow(cover, 4.0, 0.4), *straps, canvas.layer(rgb, cover)])


def _cut(site: Site, style: _Style, generator: np.random.Generator) -> _Cut:
    points = site.points_mm
    droop = generator.normal(0, 2.0)  # how low it sits on the nose
    upper, lower = [], []
    for jaw, eye, nostril in ((2, (40, 41), 31), (14, (46, 47), 35)):
        inward = 1.0 if jaw == 2 else -1.0
        ear_side = 0.5 * (points[jaw] + points[jaw - 1 if jaw == 2 else jaw + 1]) + [5 * inward, 3]
        lid = points[list(eye)].mean(0)
        cheek = 0.45 * lid + 0.55 * points[nostril] + [-7 * inward, 2 + droop]
        upper.append([ear_side, cheek])
        side = 1 if jaw == 2 else -1
        lower.append([points[jaw + 2 * side] + [4 * inward, 0], points[jaw + 4 * side] + [1.0 * inward, 6]])
    bridge = 0.8 * points[28] + 0.2 * points[29] + [0, droop]
    width = generator.uniform(5.5, 7.5)
    sharp = 3.0 if style == "folded" else 0.0
    middle = bridge + np.array([[-width, 1.0 + sharp], [0.0, -sharp], [width, 1.0 + sharp]])
    top = np.array([*upper[0], *middle, upper[1][1], upper[1][0]])
    below = generator.uniform(5, 10)
    chin = points[8] + [0, below]
    bottom = np.array(
        [lower[0][0], lower[0][1], points[7] + [0, below], chin, points[9] + [0, below], lower[1][1], lower[1][0]]
    )
    return _Cut(_rightwards(smooth_path(top)), _rightwards(smooth_path(bottom)))


def _rightwards(path: np.ndarray) -> np.ndarray:
    """The path without the parts where it turns back, as it does on a head seen from the side."""
    furthest = np.maximum.accumulate(path[:, 0])
    return path[(path[:, 0] >= furthest) & np.r_[True, np.diff(furthest) > 0]]


def _height(canvas: Canvas, axes: SheetAxes, style: _Style, generator: np.random.Generator) -> np.ndarray:
    """The surface over cheeks, nose and chin, with pleats or a seam, and wrinkles."""
    u, v = axes.u, axes.v
    nose = 13 * np.exp(-((u / 0.20) ** 2) - ((v - 0.18) / 0.32) ** 2)
    chin = 6 * np.exp(-((u / 0.33) ** 2) - ((v - 0.80) / 0.22) ** 2)
    height = 40 * np.sqrt(np.maximum(1.15 - u * u, 0)) + nose + chin - 9 * np.maximum(v - 0.72, 0) ** 2 * 10
    if style == "surgical":
        height = height + _pleats(u, v, generator)
        height += 0.7 * np.exp(-(((axes.inside_mm - 8) / 2.0) ** 2)) * (v < 0.4) * (np.abs(u) < 0.42)  # the wire
    else:
        # Two halves sewn together: a ridge from the nose to the chin.
        ridge = 5.0 if style == "folded" else 2.2
        height = height + ridge * (1 - np.sqrt(u * u + 0.003)) - 0.8 * np.exp(-((u / 0.012) ** 2))
    # The loops pull: wrinkles run from the sides inward and die out.
    scale = canvas.site.px_per_mm
    tension = fractal_noise(canvas.shape, 9 * scale, generator, 2)
    return height + (0.35 + 1.1 * np.abs(u) ** 3) * 0.8 * tension


def _pleats(u: np.ndarray, v: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Three folds, each a slope that ends in a step; they open towards the middle."""
    depth = np.zeros_like(u)
    for place in (0.36, 0.53, 0.70):
        where = place + generator.normal(0, 0.012) + 0.04 * (place - 0.5) * (1 - u * u)
        below = v - where
        depth += 1.9 * np.exp(-np.maximum(below, 0) / 0.09) / (1 + np.exp(-np.clip(below / 0.006, -30, 30)))
    return depth * (0.75 + 0.25 * np.abs(u))


def _colour(canvas: Canvas, axes: SheetAxes, style: _Style, generator: np.random.Generator) -> np.ndarray:
    grain = noise(canvas.shape, 0.6 * canvas.site.px_per_mm, generator)
    if style == "cloth":
        return sample_cloth(generator)(axes.u * 70, axes.v * 110) * (1 + 0.05 * grain)[..., None]
    palette = _SURGICAL if style == "surgical" else _FOLDED
    base = palette[int(generator.integers(len(palette)))] * generator.uniform(0.94, 1.04)
    return base * (1 + 0.018 * grain)[..., None]


def _ears(site: Site) -> np.ndarray:
    """Upper and lower end of both ears as far as loops show: (left/right, upper/lower, 2)."""
    points = site.points_mm
    return points[[0, 16], None] + np.array([[[-2, 2], [-1, 21]], [[2, 2], [1, 21]]])


def _straps(canvas: Canvas, cut: _Cut, generator: np.random.Generator) -> list[Layer]:
    """Two cords on each side, from the mask's corners to the ear."""
    width = generator.uniform(1.4, 2.4)
    white = np.array([0.93, 0.93, 0.92]) if generator.random() < 0.7 else np.array([0.13, 0.13, 0.14])
    ears = _ears(canvas.site)
    cover = np.zeros(canvas.shape, np.float32)
    for side, (upper, lower) in enumerate(((cut.top[0], cut.bottom[0]), (cut.top[-1], cut.bottom[-1]))):
        corners = np.array([upper + np.array([0, 3]), lower - np.array([0, 4])])
        for corner, ear in zip(corners, ears[side], strict=True):
            sag = (corner + ear) / 2 + [0, 1.5]
            cover = np.maximum(cover, canvas.stroke(smooth_path(np.array([corner, sag, ear])), width))
    brightness = diffuse(canvas.blur(cover, 0.8) * width, canvas, 0.3)
    rgb = white * (canvas.site.exposure * brightness)[..., None]
    return [canvas.shadow(cover, 2.0, 0.35), canvas.layer(rgb, cover)]
