"""A microphone held before the mouth."""

import numpy as np

from manyfaces.occlusion.props.canvas import Canvas, Layer, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import rotation
from manyfaces.occlusion.props.relief import diffuse, gloss
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import noise, random_colour

_HANDLE_MM = 320.0


def microphone(site: Site, generator: np.random.Generator) -> Occluder:
    """A ball of wire mesh or of foam on a handle that comes from below."""
    foam = generator.random() < 0.4
    radius = generator.uniform(29, 38) if foam else generator.uniform(23, 28)
    mouth = site.points_mm[48:60].mean(0)
    angle = generator.uniform(-0.9, 0.9)
    down = np.array([[0.0, 1.0]]) @ rotation(angle)
    head = mouth + generator.uniform(0.1, 1.3) * radius * down[0] + generator.normal(0, 5, 2)
    end = head + _HANDLE_MM * down[0]
    canvas = canvas_around(site, np.array([head, end]), radius + 6)
    # Its own axes: `along` from the ball to the end of the handle.
    dx, dy = canvas.x_mm - np.float32(head[0]), canvas.y_mm - np.float32(head[1])
    along = dx * np.float32(down[0, 0]) + dy * np.float32(down[0, 1])
    aside = dy * np.float32(down[0, 0]) - dx * np.float32(down[0, 1])
    handle, handle_cover = _handle(canvas, along, aside, radius, generator)
    ball = _foam if foam else _mesh
    layers = [handle, ball(canvas, along, aside, radius, generator)]
    whole = np.maximum(handle_cover, layers[1].alpha)
    return occluder("microphone", [canvas.shadow(whole, 10.0, 0.42), *layers])


def _cover(canvas: Canvas, inside_mm: np.ndarray) -> np.ndarray:
    return canvas.blur(np.clip(inside_mm * canvas.site.px_per_mm + 0.5, 0, 1), 0.25)


def _handle(
    canvas: Canvas, along: np.ndarray, aside: np.ndarray, radius: float, generator: np.random.Generator
) -> tuple[Layer, np.ndarray]:
    collar = 0.82 * radius
    wide, narrow = generator.uniform(16, 18), generator.uniform(11, 13)
    share = np.clip((along - collar) / 150, 0, 1)
    half_width = wide + share * (narrow - wide)
    half_width = np.where(along < collar + 9, wide + 1.5, half_width)  # the ring
    cover = _cover(canvas, np.minimum(half_width - np.abs(aside), along - 0.3 * radius))
    height = np.sqrt(np.maximum(half_width**2 - aside**2, 0))
    ring = along < collar + 9
    dark = np.array([0.09, 0.09, 0.10]) if generator.random() < 0.75 else np.array([0.72, 0.73, 0.75])
    metal = np.array([0.62, 0.63, 0.66])
    base = np.where(ring[..., None], metal, dark)
    shine = np.where(ring, 0.6, 0.35) * gloss(height, canvas, 18)
    seam = 1 - 0.5 * np.exp(-((along - collar - 9) ** 2) / 1.2)
    switch = np.clip(1.2 - np.hypot(aside / 3.5, (along - collar - 42) / 7.5), 0, 0.2) * 5
    rgb = base * (diffuse(height, canvas, 0.1) * seam * (1 - 0.35 * switch))[..., None] + shine[..., None]
    return canvas.layer(canvas.site.exposure * rgb, cover), cover


def _ball(canvas: Canvas, along: np.ndarray, aside: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Height and cover of the ball."""
    distance = np.sqrt(along * along + aside * aside)
    return np.sqrt(np.maximum(radius**2 - distance**2, 0)), _cover(canvas, radius - distance)


def _mesh(canvas: Canvas, along: np.ndarray, aside: np.ndarray, radius: float, generator: np.random.Generator) -> Layer:
    """Woven wire over foam, with a band around the middle."""
    height, cover = _ball(canvas, along, aside, radius)
    # Angles on the sphere, so that the weave grows denser towards the rim.
    lift = np.maximum(height, 1e-3)
    east, north = np.arctan2(aside, lift), np.arctan2(along, lift)
    count = 30.0
    wire = 0.5 + 0.25 * np.cos(count * (east + north)) + 0.25 * np.cos(count * (east - north))
    # Wires thinner than a pixel would shimmer: they fade to their mean.
    fade = float(np.clip(radius * canvas.site.px_per_mm / count * 0.9 - 0.4, 0, 1))
    wire = 0.5 + fade * (wire - 0.5)
    silver = np.array([0.70, 0.71, 0.73]) if generator.random() < 0.65 else np.array([0.30, 0.30, 0.32])
    lit = diffuse(height, canvas, 0.1)
    rgb = silver * (lit * (0.28 + 0.85 * wire))[..., None] + (0.5 * wire * gloss(height, canvas, 20))[..., None]
    band = np.exp(-((along / 3.2) ** 4))
    shiny = silver * (1.1 * lit)[..., None] + (0.5 * gloss(height, canvas, 12))[..., None]
    rgb += band[..., None] * (shiny - rgb)
    return canvas.layer(canvas.site.exposure * rgb, cover)


def _foam(canvas: Canvas, along: np.ndarray, aside: np.ndarray, radius: float, generator: np.random.Generator) -> Layer:
    """A ball of foam, as reporters use."""
    height, cover = _ball(canvas, along, aside, radius)
    grain = noise(canvas.shape, 1.1 * canvas.site.px_per_mm, generator)
    base = random_colour(generator, (0.4, 0.9), (0.15, 0.8)) if generator.random() < 0.6 else np.full(3, 0.09)
    brightness = diffuse(height + 0.35 * grain, canvas, 0.2) * (1 + 0.10 * grain)
    return canvas.layer(canvas.site.exposure * base * brightness[..., None], cover)
