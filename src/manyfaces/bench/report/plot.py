"""Line plots: cumulative curves, calibration; drawn with Pillow, in the look of the project's other pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from manyfaces.pipeline.poster import GREY, INK, LINE, PAGE

WIDTH_PX, HEIGHT_PX = 960, 640
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 84, 32, 68, 78
TITLE_PX, LABEL_PX, TICK_PX = 24, 18, 16
STROKE_PX, DASH_PX = 2.5, 8
KEY_ROW_PX, KEY_LINE_PX, KEY_EDGE_PX = 28, 30, 16
SMOOTHING = 3
"""Everything is drawn this many times larger, then scaled down."""
COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (230, 159, 0), (90, 90, 90))
"""Told apart by all eyes (Okabe and Ito)."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """One line.

    Attributes:
        name: in the key.
        x: places, from left to right.
        y: heights.
        dashed: for what is no measurement, such as the ideal.
    """

    name: str
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " n"]
    dashed: bool = False


def cumulative_curve(name: str, values: Float[np.ndarray, " n"], most: float, n_levels: int = 401) -> Curve:
    """The percentage of values that are not above each level from zero to `most`; not-a-number is above all."""
    levels = np.linspace(0, most, n_levels)
    known = np.sort(values[~np.isnan(values)])
    return Curve(name, levels, 100 * np.searchsorted(known, levels, side="right") / max(len(values), 1))


def draw_curves(
    title: str, x_label: str, y_label: str, curves: Sequence[Curve], x_span: Span | None = None, y_span: Span = (0, 100)
) -> UInt8[np.ndarray, "640 960 3"]:
    """Draw lines with axes, a grid and a key.

    Args:
        title: above.
        x_label: with the unit.
        y_label: with the unit.
        curves: in the order of the key; colours repeat after seven.
        x_span: what is shown; what the curves span when not given.
        y_span: the same.
    """
    plot = _Plot(x_span or _span_of(curves), y_span)
    plot.text((LEFT_PX, 38), title, TITLE_PX, INK, "ls")
    plot.axes(x_label, y_label)
    for curve, colour in zip(curves, _colours(curves), strict=True):
        plot.line(curve, colour)
    plot.key(curves)
    return plot.pixels()


class _Plot:
    """A page with one pair of axes.

    Args:
        x_span: what the horizontal axis shows.
        y_span: what the vertical one shows.
    """

    def __init__(self, x_span: Span, y_span: Span):
        self._spans = (x_span, y_span)
        self._page = Image.new("RGB", (WIDTH_PX * SMOOTHING, HEIGHT_PX * SMOOTHING), PAGE)
        self._draw = ImageDraw.Draw(self._page)

    def text(self, xy: tuple[float, float], words: str, size: int, colour: tuple[int, int, int], anchor: str) -> None:
        place = (xy[0] * SMOOTHING, xy[1] * SMOOTHING)
        self._draw.text(place, words, fill=colour, font=_font(size * SMOOTHING), anchor=anchor)

    def axes(self, x_label: str, y_label: str) -> None:
        bottom, right = HEIGHT_PX - BOTTOM_PX, WIDTH_PX - RIGHT_PX
        for value in nice_ticks(*self._spans[0]):
            x, _ = self._place(value, 0)
            self._stroke([(x, TOP_PX), (x, bottom)], LINE, 1)
            self.text((x, bottom + 12), f"{value:g}", TICK_PX, GREY, "ma")
        for value in nice_ticks(*self._spans[1]):
            _, y = self._place(0, value)
            self._stroke([(LEFT_PX, y), (right, y)], LINE, 1)
            self.text((LEFT_PX - 12, y), f"{value:g}", TICK_PX, GREY, "rm")
        self._stroke([(LEFT_PX, TOP_PX), (LEFT_PX, bottom), (right, bottom)], GREY, 1.5)
        self.text(((LEFT_PX + right) / 2, HEIGHT_PX - 16), x_label, LABEL_PX, INK, "ms")
        self._upright((26, (TOP_PX + bottom) / 2), y_label)

    def line(self, curve: Curve, colour: tuple[int, int, int]) -> None:
        known = np.isfinite(curve.x) & np.isfinite(curve.y)
        points = [self._place(x, y) for x, y in zip(curve.x[known], curve.y[known], strict=True)]
        for part in _dashes(points) if curve.dashed else [points]:
            self._stroke(part, colour, STROKE_PX)

    def key(self, curves: Sequence[Curve]) -> None:
        """In the lower right, where cumulative curves and calibration leave room."""
        width = max((_font(TICK_PX).getlength(curve.name) for curve in curves), default=0) + KEY_LINE_PX + 12
        left = WIDTH_PX - RIGHT_PX - KEY_EDGE_PX - width
        top = HEIGHT_PX - BOTTOM_PX - KEY_EDGE_PX - KEY_ROW_PX * len(curves)
        box = [v * SMOOTHING for v in (left - 14, top - 4, left + width + 10, top + KEY_ROW_PX * len(curves) + 4)]
        self._draw.rounded_rectangle(box, 8 * SMOOTHING, fill=PAGE, outline=LINE, width=SMOOTHING)
        for row, (curve, colour) in enumerate(zip(curves, _colours(curves), strict=True)):
            y = top + (row + 0.5) * KEY_ROW_PX
            stroke = [(left, y), (left + KEY_LINE_PX, y)]
            for part in _dashes(stroke) if curve.dashed else [stroke]:
                self._stroke(part, colour, STROKE_PX)
            self.text((left + KEY_LINE_PX + 12, y), curve.name, TICK_PX, INK, "lm")

    def pixels(self) -> UInt8[np.ndarray, "H W 3"]:
        return np.asarray(self._page.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BOX))

    def _place(self, x: float, y: float) -> tuple[float, float]:
        """Of a point, page pixels; what lies outside the axes is moved to their edge."""
        (x0, x1), (y0, y1) = self._spans
        right = min(max((x - x0) / (x1 - x0), 0.0), 1.0)
        up = min(max((y - y0) / (y1 - y0), 0.0), 1.0)
        return (
            LEFT_PX + right * (WIDTH_PX - LEFT_PX - RIGHT_PX),
            HEIGHT_PX - BOTTOM_PX - up * (HEIGHT_PX - TOP_PX - BOTTOM_PX),
        )

    def _stroke(self, points: Sequence[tuple[float, float]], colour: tuple[int, int, int], width: float) -> None:
        scaled = [(x * SMOOTHING, y * SMOOTHING) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * SMOOTHING), joint="curve")

    def _upright(self, xy: tuple[float, float], words: str) -> None:
        font = _font(LABEL_PX * SMOOTHING)
        stencil = Image.new("L", (math.ceil(font.getlength(words)) + 4, 2 * LABEL_PX * SMOOTHING), 0)
        ImageDraw.Draw(stencil).text((2, stencil.height / 2), words, fill=255, font=font, anchor="lm")
        turned = stencil.rotate(90, expand=True)
        corner = (round(xy[0] * SMOOTHING - turned.width / 2), round(xy[1] * SMOOTHING - turned.height / 2))
        self._page.paste(INK, corner, turned)


def nice_ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers in a range, about so many: multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= 0.999 * rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


def _span_of(curves: Sequence[Curve]) -> Span:
    values = np.concatenate([curve.x for curve in curves])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _colours(curves: Sequence[Curve]) -> list[tuple[int, int, int]]:
    """What is no measurement is grey, and takes no colour from the others."""
    own = iter(range(len(curves)))
    return [GREY if curve.dashed else COLOURS[next(own) % len(COLOURS)] for curve in curves]


def _dashes(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """A line as every other piece of it, each of a dash's length."""
    if len(points) < 2:
        return []
    corners = np.array(points)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    starts = np.arange(0, along[-1], 2 * DASH_PX)
    ends = [[np.interp((s, min(s + DASH_PX, along[-1])), along, corners[:, k]) for k in (0, 1)] for s in starts]
    return [[(float(x[0]), float(y[0])), (float(x[1]), float(y[1]))] for x, y in ends]


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
