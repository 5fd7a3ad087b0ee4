"""What the pages of results have in common: their measures, headings, captions, and how much of a head is face."""

from collections.abc import Sequence
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from manyfaces.pipeline.poster import GREY, INK, Box, Poster, shortened
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.views import faded

WIDTH_PX = 1600
MARGIN_PX = 56
GAP_PX = 24
HEAD_PX = 132
CAPTION_PX = 52
LARGE_COLUMNS = 3
LARGE_PX = (WIDTH_PX - 2 * MARGIN_PX - (LARGE_COLUMNS - 1) * GAP_PX) // LARGE_COLUMNS
ROW_PX = LARGE_PX + CAPTION_PX + GAP_PX // 2
_INSIDE_FACE = ("face", "eyeballs", "inner_mouth", "teeth", "tongue")


def large_row(row: int) -> list[Box]:
    """The three large squares of a row, counted from below the heading."""
    y = HEAD_PX + row * ROW_PX
    return [Box(MARGIN_PX + c * (LARGE_PX + GAP_PX), y, LARGE_PX, LARGE_PX) for c in range(LARGE_COLUMNS)]


def heading(poster: Poster, title: str, facts: Sequence[str], source: str) -> None:
    """Title and facts at the left, the photo's name at the right."""
    poster.text((MARGIN_PX, 74), title, 42, weight=0.6)
    poster.text((MARGIN_PX, 108), "   ·   ".join(facts), 19, GREY)
    poster.text((WIDTH_PX - MARGIN_PX, 74), shortened(source, 22, 560), 22, INK, "rs")
    poster.text((WIDTH_PX - MARGIN_PX, 108), "manyfaces", 19, GREY, "rs")


def caption(poster: Poster, slot: Box, name: str, detail: str = "") -> None:
    """A line below a picture: what it is at the left, a figure at the right."""
    y = slot.bottom + 27
    poster.text((slot.x + 2, y), name, 19, INK, weight=0.3)
    if detail:
        poster.text((slot.right - 2, y), detail, 17, GREY, "rs")


def face_weights(result: Reconstruction, side: Literal["inside", "outside"]) -> Float[Tensor, " V"]:
    """One on the face, falling to zero towards scalp, ears and neck."""
    kept = result.front.clone()
    for name in _INSIDE_FACE:
        if name in result.head.data.masks:
            kept |= result.head.mask(name)
    return faded(kept, result.head.faces, side)
