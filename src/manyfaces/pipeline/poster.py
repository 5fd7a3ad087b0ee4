"""A light page to put pictures and small type on: the look of `overview.png`, and nothing about faces."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

INK = (32, 33, 36)
GREY = (122, 123, 128)
PAGE = (252, 251, 249)
PANEL = (238, 236, 231)
LINE = (224, 221, 214)
CORNER_PX = 14
SMOOTHING = 4


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height


class Poster:
    """A page that grows downwards.

    Args:
        width: pixels.
        height: pixels.
    """

    def __init__(self, width: int, height: int):
        self._page = Image.new("RGB", (width, height), PAGE)
        self._draw = ImageDraw.Draw(self._page)

    def text(
        self,
        xy: tuple[float, float],
        words: str,
        size: float,
        colour: tuple[int, int, int] = INK,
        anchor: str = "ls",
        weight: float = 0.0,
    ) -> float:
        """Write one line.

        Args:
            xy: where the anchor lies.
            words: the line.
            size: of the letters, pixels.
            colour: RGB.
            anchor: two letters of Pillow's: l, m, r and s (baseline), m, a.
            weight: extra thickness of the strokes, pixels; the one typeface at hand has no bold.

        Returns:
            The width of the line, pixels.
        """
        font = _font(size)
        self._draw.text(xy, words, fill=colour, font=font, anchor=anchor, stroke_width=weight, stroke_fill=colour)
        return font.getlength(words)

    def picture(self, box: Box, image: UInt8[np.ndarray, "H W 3"], round_corners: bool = True) -> None:
        """Put a picture into a box, which must have its size."""
        mask = _rounded(box.width, box.height) if round_corners else None
        self._page.paste(Image.fromarray(image), (box.x, box.y), mask)

    def rule(self, y: int, left: int, right: int) -> None:
        """Draw a hairline."""
        self._draw.line([(left, y), (right, y)], fill=LINE, width=1)

    def pixels(self) -> UInt8[np.ndarray, "H W 3"]:
        """The page."""
        return np.asarray(self._page)


def text_width(words: str, size: float) -> float:
    """The width of a line, pixels."""
    return _font(size).getlength(words)


def shortened(words: str, size: float, room: float) -> str:
    """A line with its middle left out where it is too long for the room, pixels."""
    if text_width(words, size) <= room:
        return words
    for kept in range(len(words) - 1, 1, -1):
        line = f"{words[: (kept + 1) // 2]}…{words[len(words) - kept // 2 :]}"
        if text_width(line, size) <= room:
            return line
    return "…"


@lru_cache(maxsize=32)
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    # Pillow brings this typeface along, so pages look alike on every machine.
    return ImageFont.load_default(size)


@lru_cache(maxsize=8)
def _rounded(width: int, height: int) -> Image.Image:
    large = Image.new("L", (width * SMOOTHING, height * SMOOTHING), 0)
    edge = (0, 0, width * SMOOTHING - 1, height * SMOOTHING - 1)
    ImageDraw.Draw(large).rounded_rectangle(edge, CORNER_PX * SMOOTHING, fill=255)
    return large.resize((width, height), Image.Resampling.LANCZOS)
