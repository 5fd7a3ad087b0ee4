"""The flat patterns of the Occlusion Resistant Network (Tiwari et al., WACV 2022): squares, stars, crowns.

The paper names three test sets and says how many areas they hide and whether those are small or large, but gives no
sizes. Ours, as shares of the width of the face (140 pixels in its 224 pixel pictures):

- DSOFI: two small squares, sides of 35 to 55 pixels;
- DHOFI: two large ones, 80 to 100;
- SHOFI: one large one over the middle, 130 to 160: from the eyes to the mouth.
"""

import numpy as np

from manyfaces.occlusion.props.canvas import Canvas, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import rotation, star
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import noise, random_colour

_FACE_WIDTH_PX = 140.0
_SQUARE = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_FLAT = 0.7  # the other patterns are noise
_SHARP_MM = 0.0


def dsofi(site: Site, generator: np.random.Generator) -> Occluder:
    """Two small squares that do not touch, anywhere in the face's box."""
    return _drawn(site, "dsofi", _two_squares(site, (35, 55), generator), generator)


def dhofi(site: Site, generator: np.random.Generator) -> Occluder:
    """Two large squares, one in the upper and one in the lower half of the face's box."""
    return _drawn(site, "dhofi", _two_squares(site, (80, 100), generator), generator)


def shofi(site: Site, generator: np.random.Generator) -> Occluder:
    """One large square over the middle of the face."""
    side = generator.uniform(130, 160) * _unit(site)
    middle = site.face_box_mm.mean(0)
    return _drawn(site, "shofi", [middle + side * _SQUARE], generator)


def stars(site: Site, generator: np.random.Generator) -> Occluder:
    """One to three stars of four to seven points, anywhere on the face."""
    low, high = site.face_box_mm
    shapes = []
    for _ in range(int(generator.integers(1, 4))):
        radius = generator.uniform(28, 55) * _unit(site)
        centre = low + generator.uniform(0.2, 0.8, 2) * (high - low)
        outline = star(int(generator.integers(4, 8)), generator.uniform(0.38, 0.55), generator.uniform(-0.4, 0.4))
        shapes.append(centre + radius * outline)
    return _drawn(site, "stars", shapes, generator)


def crown(site: Site, generator: np.random.Generator) -> Occluder:
    """A crown of three to six points, worn low: its band covers the brow, the eyes or the mouth."""
    low, high = site.face_box_mm
    width = (high[0] - low[0]) * generator.uniform(0.75, 1.1)
    band, points = width * generator.uniform(0.18, 0.3), width * generator.uniform(0.2, 0.35)
    n_points = int(generator.integers(3, 7))
    x = np.linspace(-0.5, 0.5, 2 * n_points + 1)
    # Valleys and tips in turn; the outer ones lean outwards.
    tip = np.arange(2 * n_points + 1) % 2 == 1
    upper = np.stack([width * x * np.where(tip, 1.12, 1.0), np.where(tip, -points, 0.0)], axis=-1)
    lower = np.array([[0.5 * width, band], [-0.5 * width, band]])
    foot = low[1] + generator.uniform(0.2, 0.75) * (high[1] - low[1])
    centre = np.array([(low[0] + high[0]) / 2 + generator.normal(0, 4), foot])
    outline = centre + np.concatenate([upper, lower]) @ rotation(generator.normal(0, 0.12))
    return _drawn(site, "crown", [outline], generator)


def _unit(site: Site) -> float:
    """A pixel of the paper's pictures in face millimetres."""
    low, high = site.face_box_mm
    return float(high[0] - low[0]) / _FACE_WIDTH_PX


def _two_squares(site: Site, sides: tuple[float, float], generator: np.random.Generator) -> list[np.ndarray]:
    """One square in each half of the face's box; which half is whose does not matter."""
    low, high = site.face_box_mm
    squares = []
    for half in (0, 1):
        side = generator.uniform(*sides) * _unit(site)
        top = low[1] if half == 0 else max((low[1] + high[1]) / 2, low[1])
        bottom = (low[1] + high[1]) / 2 if half == 0 else high[1]
        # A square that is higher than its half keeps to the outer border and reaches into the other half.
        free = max(bottom - top - side, 0.0)
        y = top + generator.uniform(0, 1) * free if free else (top if half == 0 else bottom - side)
        x = low[0] + generator.uniform(0, 1) * max(high[0] - low[0] - side, 0.0)
        squares.append(np.array([x, y]) + side * (_SQUARE + 0.5))
    return squares


def _drawn(site: Site, kind: str, outlines: list[np.ndarray], generator: np.random.Generator) -> Occluder:
    layers = []
    for outline in outlines:
        canvas = canvas_around(site, outline, 1.0)
        layers.append(canvas.layer(_paint(canvas, generator), canvas.fill(outline, _SHARP_MM)))
    return occluder(kind, layers)


def _paint(canvas: Canvas, generator: np.random.Generator) -> np.ndarray:
    colour = random_colour(generator, (0.0, 1.0), (0.0, 1.0))
    if generator.random() < _FLAT:
        return colour
    planes = [noise(canvas.shape, 1.0, generator) for _ in range(3)]
    return colour + 0.25 * np.stack(planes, axis=-1)
