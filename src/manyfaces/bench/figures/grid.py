"""A page of square pictures in rows, with a title above and a line below each picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from manyfaces.pipeline.poster import GREY, INK, Box, Poster, shortened, text_width

TILE_PX = 236
GAP_PX, MARGIN_PX, HEAD_PX, CAPTION_PX = 16, 44, 112, 42
TITLE_PX, NOTE_PX, NAME_PX, DETAIL_PX = 34, 18, 17, 15


@dataclass(frozen=True)
class Tile:
    """One picture of a page.

    Attributes:
        picture: `TILE_PX` a side.
        name: what it is.
        detail: in grey, at the right.
    """

    picture: UInt8[np.ndarray, "S S 3"]
    name: str
    detail: str = ""


def draw_grid(title: str, note: str, rows: Sequence[Sequence[Tile]]) -> UInt8[np.ndarray, "H W 3"]:
    """Draw a page.

    Args:
        title: what it shows.
        note: a line below the title.
        rows: from left to right; shorter ones leave room at the right.
    """
    columns = max(len(row) for row in rows)
    width = 2 * MARGIN_PX + columns * TILE_PX + (columns - 1) * GAP_PX
    step = TILE_PX + CAPTION_PX
    poster = Poster(width, HEAD_PX + len(rows) * step + MARGIN_PX // 2)
    poster.text((MARGIN_PX, 60), title, TITLE_PX, weight=0.5)
    poster.text((MARGIN_PX, 90), shortened(note, NOTE_PX, width - 2 * MARGIN_PX), NOTE_PX, GREY)
    for number, row in enumerate(rows):
        for column, tile in enumerate(row):
            box = Box(MARGIN_PX + column * (TILE_PX + GAP_PX), HEAD_PX + number * step, TILE_PX, TILE_PX)
            poster.picture(box, tile.picture)
            _caption(poster, box, tile)
    return poster.pixels()


def _caption(poster: Poster, box: Box, tile: Tile) -> None:
    y = box.bottom + 22
    room = TILE_PX - (text_width(tile.detail, DETAIL_PX) + 10 if tile.detail else 4)
    poster.text((box.x + 2, y), shortened(tile.name, NAME_PX, room), NAME_PX, INK, weight=0.2)
    if tile.detail:
        poster.text((box.right - 2, y), tile.detail, DETAIL_PX, GREY, "rs")
