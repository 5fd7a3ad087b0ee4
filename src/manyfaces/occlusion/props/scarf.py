"""A scarf wound around the neck and the lower face."""

import numpy as np

from manyfaces.occlusion.props.canvas import Canvas, Layer, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import smooth_path
from manyfaces.occlusion.props.relief import crevices, diffuse
from manyfaces.occlusion.props.sheet import SheetAxes, sheet_axes
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import Cloth, fractal_noise, noise, sample_cloth

# How high the scarf comes: points of the 68 whose mean lies at its upper edge.
_LEVELS = ((30, 33), (33, 51), (51, 62), (57, 8))


def scarf(site: Site, generator: np.random.Generator) -> Occluder:
    """A few turns of one cloth, the upper ones over the lower, up to the nose, the mouth or the chin."""
    points = site.points_mm
    level = points[list(_LEVELS[int(generator.choice(4, p=[0.3, 0.35, 0.2, 0.15]))])].mean(0)
    fabric = sample_cloth(generator)
    n_turns = int(generator.integers(2, 4))
    layers: list[Layer] = []
    for turn in reversed(range(n_turns)):
        top, bottom = _turn(site, level, turn, generator)
        layers += _drawn(site, top, bottom, float(level[0]), fabric, generator)
    return occluder("scarf", layers)


def _turn(site: Site, level: np.ndarray, turn: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower edge of one turn: it hangs through in front and goes up to the nape at the sides."""
    points = site.points_mm
    chin, left, right = points[8], points[2], points[14]
    middle = (left[0] + right[0]) / 2
    half = (right[0] - left[0]) / 2
    wide = half * generator.uniform(1.12, 1.25) + 5 * turn
    upper = level[1] + turn * generator.uniform(30, 38)
    hang = generator.uniform(10, 20) + 8 * turn
    tilt = generator.normal(0, 7)
    thick = max(generator.uniform(44, 58), chin[1] + 6 - upper if turn == 0 else 0.0)
    across = np.array([-1.0, -0.86, -0.5, 0.0, 0.5, 0.86, 1.0])
    # The edges meet at the sides, where the turn goes out of sight.
    bend = across**2
    top = (
        upper
        - hang * bend
        + 12 * np.maximum(np.abs(across) - 0.8, 0) / 0.2
        + tilt * across
        + generator.normal(0, 1.2, 7)
    )
    open_ = np.array([0.28, 0.72, 0.93, 1.0, 0.93, 0.72, 0.28])
    bottom = top + thick * open_ + generator.normal(0, 1.2, 7)
    x = middle + 0.35 * (level[0] - middle) * (1 - bend) + wide * across
    edges = [smooth_path(np.stack([x, y], axis=-1)) for y in (top, bottom)]
    return edges[0], edges[1]


def _drawn(
    site: Site, top: np.ndarray, bottom: np.ndarray, middle: float, fabric: Cloth, generator: np.random.Generator
) -> list[Layer]:
    outline = np.concatenate([_end(top[0], bottom[0], -1.0)[::-1], top, _end(top[-1], bottom[-1], 1.0), bottom[::-1]])
    canvas = canvas_around(site, outline, 8.0)
    axes = sheet_axes(canvas, top, bottom, middle)
    cover = canvas.fill(outline, 0.5)
    height = _height(axes, canvas, generator)
    brightness = diffuse(canvas.blur(height, 0.5), canvas, 0.15) * (1 - 0.8 * crevices(height, canvas, 4.0))
    # A soft thick edge turns away from the light.
    brightness = brightness * (1 - 0.35 * np.exp(-np.maximum(axes.inside_mm, 0) / 2.5))
    rgb = fabric(axes.u * 95, axes.v * 60) * (1.08 * site.exposure * brightness)[..., None]
    return [canvas.shadow(cover, 6.0, 0.42), _own_shadow(canvas, cover), canvas.layer(rgb, cover)]


def _end(top: np.ndarray, bottom: np.ndarray, side: float) -> np.ndarray:
    """The round side of a turn, from its upper to its lower corner."""
    turn = np.linspace(0, np.pi, 9)[1:-1]
    middle, reach = (top + bottom) / 2, np.linalg.norm(bottom - top) / 2
    return middle + reach * np.stack([side * 0.6 * np.sin(turn), -np.cos(turn)], axis=-1)


def _own_shadow(canvas: Canvas, cover: np.ndarray) -> Layer:
    """What a turn throws on the turns below it and on the clothes."""
    return canvas.layer(np.array([0.05, 0.04, 0.04]), 0.4 * canvas.blur(cover, 4.0))


def _height(axes: SheetAxes, canvas: Canvas, generator: np.random.Generator) -> np.ndarray:
    """A few folds along the turn, each a roll over the next; all around a neck."""
    scale = canvas.site.px_per_mm
    wander = fractal_noise(canvas.shape, 45 * scale, generator, 2)
    tilt = generator.normal(0, 0.25)
    across = generator.uniform(1.8, 3.6) * (axes.v + tilt * axes.u) + 0.3 * wander + generator.random()
    phase = across % 1
    depth = generator.uniform(4.0, 7.0)
    roll = depth * np.sqrt(np.maximum(1 - ((phase - 0.55) / 0.62) ** 2, 0))
    body = 10 * np.sqrt(np.maximum(1 - (2 * np.clip(axes.v, 0, 1) - 1) ** 2, 0))
    neck = 45 * np.sqrt(np.maximum(1.3 - axes.u**2, 0.01))
    crumple = 0.8 * fractal_noise(canvas.shape, 11 * scale, generator, 3)
    return neck + body + roll + crumple + 0.12 * noise(canvas.shape, 0.8 * scale, generator)
