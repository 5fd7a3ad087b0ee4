"""Sunglasses: lenses in a frame, with temples to the ears."""

from dataclasses import dataclass

import numpy as np

from manyfaces.occlusion.props.canvas import Canvas, Layer, Occluder, canvas_around, occluder
from manyfaces.occlusion.props.outlines import smooth_closed, smooth_path
from manyfaces.occlusion.props.relief import diffuse, gloss
from manyfaces.occlusion.props.site import Site
from manyfaces.occlusion.props.texture import noise, random_colour


@dataclass(frozen=True)
class _Style:
    """A pair of glasses.

    Attributes:
        lens: outline of one lens: x from the nose (-1) to the temple (1), y down.
        half_size: of a lens, relative to the distance from the nose to the eye's outer corner.
        rim_mm: thickness of the frame.
        drop: how far the lens' middle is below the eye's, mm.
    """

    lens: np.ndarray
    half_size: tuple[float, float]
    rim_mm: float
    drop: float


def _shape(*corners: tuple[float, float]) -> np.ndarray:
    return np.array(corners)


_ROUND = np.stack([np.cos(np.linspace(0, 2 * np.pi, 12, False)), np.sin(np.linspace(0, 2 * np.pi, 12, False))], -1)
_STYLES = (
    # Square with rounded corners, wider above.
    _Style(
        _shape((-0.92, -0.72), (-0.3, -0.95), (0.5, -1.0), (1.0, -0.86), (0.97, -0.2), (0.8, 0.62), (0.35, 0.97),
               (-0.3, 0.97), (-0.72, 0.6), (-0.93, 0.0)),
        (0.58, 0.46), 4.2, 3.0,
    ),
    # Drops, as pilots wear.
    _Style(
        _shape((-0.85, -0.82), (0.0, -0.95), (0.8, -0.85), (1.0, -0.4), (0.92, 0.25), (0.55, 0.85), (0.1, 1.0),
               (-0.4, 0.82), (-0.78, 0.25), (-0.95, -0.35)),
        (0.60, 0.52), 1.4, 7.0,
    ),
    _Style(_ROUND, (0.47, 0.47), 1.8, 3.0),
    # One that goes around, for sports.
    _Style(
        _shape((-1.05, -0.5), (-0.4, -0.85), (0.5, -0.95), (1.15, -0.75), (1.22, -0.2), (1.0, 0.45), (0.4, 0.85),
               (-0.3, 0.85), (-0.85, 0.4)),
        (0.60, 0.40), 2.2, 2.0,
    ),
)  # fmt: skip


def sunglasses(site: Site, generator: np.random.Generator) -> Occluder:
    """Dark, tinted or mirrored glasses of one of four shapes."""
    style = _STYLES[int(generator.integers(len(_STYLES)))]
    lenses = [_lens(site, style, side) for side in (-1, 1)]
    rims = [_grown(lens, style.rim_mm) for lens in lenses]
    temples = [_temple(site, lens, side) for lens, side in zip(lenses, (-1, 1), strict=True)]
    canvas = canvas_around(site, np.concatenate([*rims, *temples]), 4.0)
    glass = np.maximum(*(canvas.fill(lens, 0.2) for lens in lenses))
    frame = np.maximum(*(canvas.fill(rim, 0.2) for rim in rims))
    frame = np.maximum(frame, canvas.stroke(_bridge(lenses, style), max(style.rim_mm, 2.2), 0.2))
    for path in temples:
        frame = np.maximum(frame, canvas.stroke(path, min(2 * style.rim_mm, 5.0), 0.25))
    whole = np.maximum(frame, glass)
    layers = [
        canvas.shadow(whole, 6.0, 0.42),
        canvas.layer(_frame_colour(canvas, frame, style, generator), frame),
        _glass(canvas, glass, lenses, generator),
    ]
    return occluder("sunglasses", layers)


def _lens(site: Site, style: _Style, side: int) -> np.ndarray:
    points = site.points_mm
    eye, outer = (points[36:42], points[36]) if side < 0 else (points[42:48], points[45])
    reach = max(abs(float(outer[0] - points[27, 0])), 12.0)
    half = np.array(style.half_size) * [reach, 45.0]
    middle = np.array([points[27, 0] + side * 0.80 * reach, eye[:, 1].mean() + style.drop])
    outline = style.lens * half * [side, 1.0] + middle
    return smooth_closed(outline, 6)


def _grown(outline: np.ndarray, by_mm: float) -> np.ndarray:
    away = outline - outline.mean(0)
    return outline + by_mm * away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)


def _bridge(lenses: list[np.ndarray], style: _Style) -> np.ndarray:
    left = lenses[0][lenses[0][:, 0].argmax()]
    right = lenses[1][lenses[1][:, 0].argmin()]
    height = 0.3 * (lenses[0][:, 1].min() - left[1])
    across = np.array([left, (left + right) / 2, right])
    return smooth_path(across + np.array([[-1, height], [0, height - 1.5], [1, height]]))


def _temple(site: Site, lens: np.ndarray, side: int) -> np.ndarray:
    """From the lens' outer upper corner to above the ear."""
    corner = lens[(side * lens[:, 0] - 0.6 * lens[:, 1]).argmax()]
    ear = site.points_mm[0 if side < 0 else 16] + [side * 2.0, -8.0]
    # On a turned head the far ear is hidden behind the lens: no temple to be seen.
    end = ear if side * (ear[0] - corner[0]) > 2 else corner + np.array([side, 0.0])
    return np.array([corner, (corner + end) / 2 + [0, -0.5], end])


def _frame_colour(canvas: Canvas, frame: np.ndarray, style: _Style, generator: np.random.Generator) -> np.ndarray:
    height = canvas.blur(frame, 0.35 * style.rim_mm) * style.rim_mm
    if style.rim_mm < 2:  # metal
        base = np.array([[0.80, 0.66, 0.36], [0.75, 0.75, 0.77], [0.2, 0.2, 0.21]])[int(generator.integers(3))]
        shine, sharpness = 0.5, 20
    else:
        plain = generator.random() < 0.6
        base = np.array([0.05, 0.05, 0.055]) if plain else random_colour(generator, (0.3, 0.8), (0.2, 0.7))
        shine, sharpness = 0.35, 30
    lit = base * (diffuse(height, canvas, 0.1) * 1.1)[..., None]
    return canvas.site.exposure * (lit + (shine * gloss(height, canvas, sharpness))[..., None])


def _glass(canvas: Canvas, glass: np.ndarray, lenses: list[np.ndarray], generator: np.random.Generator) -> Layer:
    """Darker above than below; the sky, a window and the horizon are mirrored faintly."""
    heights = np.concatenate(lenses)[:, 1]
    low, high = float(heights.min()), float(heights.max())
    down = np.clip((canvas.y_mm - low) / max(high - low, 1.0), 0, 1)
    mirrored = generator.random() < 0.2
    if mirrored:
        above, below = (
            random_colour(generator, (0.5, 0.9), (0.5, 0.9)),
            random_colour(generator, (0.5, 0.9), (0.4, 0.8)),
        )
        opacity = np.full_like(down, 0.97)
    else:
        tint = random_colour(generator, (0.1, 0.5), (0.10, 0.22))
        above, below = 0.5 * tint, tint
        opacity = generator.uniform(0.88, 0.98) - generator.uniform(0.0, 0.22) * down
    rgb = above + down[..., None] * (below - above)
    bent = noise(canvas.shape, 60 * canvas.site.px_per_mm, generator)
    horizon = 0.10 / (1 + np.exp(np.clip((down - 0.38 - 0.05 * bent) / 0.02, -30, 30)))
    sky = 0.05 + horizon * (0.4 + 0.6 * (1 - down))
    for lens in lenses:
        sky = sky + _window(canvas, lens, generator)
    rgb = rgb + canvas.site.exposure * sky[..., None] * np.array([0.92, 0.97, 1.0], np.float32)
    rim = np.clip(glass - canvas.blur(glass, 1.2), 0, 1)
    return canvas.layer(rgb * (1 - 0.5 * rim[..., None]), glass * opacity)


def _window(canvas: Canvas, lens: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A slanted bright patch, as of a window."""
    middle, half = lens.mean(0), np.ptp(lens, axis=0) / 2
    at = middle + half * [generator.uniform(-0.4, 0.1), generator.uniform(-0.5, -0.1)]
    slant = half[0] * generator.uniform(0.15, 0.35)
    width, height = half * [generator.uniform(0.12, 0.3), generator.uniform(0.3, 0.5)]
    corners = at + np.array([[slant, -height], [slant + width, -height], [width - slant, height], [-slant, height]])
    return generator.uniform(0.12, 0.35) * canvas.fill(corners, 1.0)
