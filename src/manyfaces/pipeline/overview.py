"""`overview.png`: one page that shows what was seen, the best face, and how far apart the others are."""

import math

import numpy as np
import torch
from jaxtyping import UInt8

from manyfaces.pipeline.page import (
    CAPTION_PX,
    GAP_PX,
    HEAD_PX,
    MARGIN_PX,
    ROW_PX,
    WIDTH_PX,
    caption,
    face_weights,
    heading,
    large_row,
)
from manyfaces.pipeline.portrait import draw_portrait
from manyfaces.pipeline.poster import GREY, INK, Box, Poster
from manyfaces.pipeline.result import Reconstruction
from manyfaces.pipeline.views import frame_face, head_views, hidden_view, overlay_view, studio_camera
from manyfaces.render import heat_colours

COLUMNS = 5
MOST_TILES = 30
SIDE_YAW = math.radians(-90.0)
HEAD_MARGIN = 1.12
TILE_MARGIN = 1.3
SECTION_PX = 84
BAR_WIDTH_PX, BAR_HEIGHT_PX = 12, 300
PLASTER = (0.80, 0.78, 0.75)
ROUND_MM = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0)


def draw_overview(result: Reconstruction) -> UInt8[np.ndarray, "H 1600 3"]:
    """Draw the page of one face; one whose colours and light were predicted gets `draw_portrait`'s.

    From the top: the photo, what hides the face, the best face on the photo; the best face from the front and the
    side, and where the hypotheses disagree, in mm; then the hypotheses, best first.
    """
    if result.appearance is not None:
        return draw_portrait(result, result.appearance)
    tile = (WIDTH_PX - 2 * MARGIN_PX - (COLUMNS - 1) * GAP_PX) // COLUMNS
    shown = min(len(result), MOST_TILES)
    rows = math.ceil(shown / COLUMNS)
    grid_top = HEAD_PX + 2 * ROW_PX + SECTION_PX
    poster = Poster(WIDTH_PX, grid_top + rows * (tile + CAPTION_PX) + MARGIN_PX // 2)
    _draw_title(poster, result)
    _draw_photo_row(poster, result, large_row(0))
    _draw_head_row(poster, result, large_row(1))
    _draw_grid(poster, result, grid_top, tile, shown)
    return poster.pixels()


def _draw_title(poster: Poster, result: Reconstruction) -> None:
    n = len(result)
    title = "One face this could be" if n == 1 else f"{n} faces this could be"
    n_used = len(set(result.identity_index.tolist()))
    identities = "the best" if n_used == 1 else f"{n_used}"
    facts = [
        f"{identities} of {result.n_identities} sampled identities",
        f"{int(result.visible.sum())} of {len(result.visible)} points seen",
        f"model {result.model}",
        f"seed {result.seed}",
    ]
    heading(poster, title, facts, result.source)


def _draw_photo_row(poster: Poster, result: Reconstruction, slots: list[Box]) -> None:
    size = slots[0].width
    frame = frame_face(result.points_px, result.photo.shape[:2])
    picture = frame.crop(result.photo, size, (238, 236, 231))
    poster.picture(slots[0], picture)
    caption(poster, slots[0], "Photo")
    hidden = hidden_view(picture, frame, result.points_px, result.visible, result.hidden_mask)
    poster.picture(slots[1], hidden)
    n_hidden = int((~result.visible).sum())
    caption(poster, slots[1], "Hidden", f"{n_hidden} of {len(result.visible)} points" if n_hidden else "nothing")
    best = result.best
    weights = face_weights(result, "inside")  # of the face alone, so that the photo stays to be recognised around it
    camera = result.camera_batch(0)
    face = overlay_view(picture, frame, best.vertices, result.head.faces, camera, result.albedo, weights)
    poster.picture(slots[2], face)
    caption(poster, slots[2], "Best face on the photo")


def _draw_head_row(poster: Poster, result: Reconstruction, slots: list[Box]) -> None:
    size = (slots[0].height, slots[0].width)
    best, faces = result.vertices[:1], result.head.faces
    for slot, yaw, name in zip(slots, (0.0, SIDE_YAW), ("Best face, front", "Best face, side"), strict=False):
        camera = studio_camera(best[0], size, yaw, HEAD_MARGIN)
        poster.picture(slot, head_views(best, faces, camera, size, result.albedo)[0])
        caption(poster, slot, name)
    high = _round_up(float(result.disagreement_mm[result.front].quantile(0.98)))
    # Outside the face the colours fade out: the faces were aligned by it, and the far end of a head swings widest.
    weights = face_weights(result, "outside")[:, None]
    heat = heat_colours(result.disagreement_mm, 0.0, high) * weights + torch.tensor(PLASTER).to(weights) * (1 - weights)
    camera = studio_camera(best[0], size, 0.0, HEAD_MARGIN)
    poster.picture(slots[2], head_views(best, faces, camera, size, heat)[0])
    mean = float(result.disagreement_mm[result.front].mean())
    caption(poster, slots[2], "Where they disagree", f"{mean:.1f} mm on the face")
    _draw_colour_bar(poster, slots[2], high)


def _draw_grid(poster: Poster, result: Reconstruction, top: int, tile: int, shown: int) -> None:
    poster.rule(top - 74, MARGIN_PX, WIDTH_PX - MARGIN_PX)
    of_all = "" if shown == len(result) else f"the first {shown} of {len(result)}, "
    poster.text((MARGIN_PX + 2, top - 26), "The faces", 24, weight=0.4)
    note = f"{of_all}best first; mm: mean distance to the first"
    poster.text((WIDTH_PX - MARGIN_PX - 2, top - 26), note, 17, GREY, "rs")
    size = (tile, tile)
    camera = studio_camera(result.vertices[0][result.front], size, 0.0, TILE_MARGIN)
    varied = len(set(result.identity_index.tolist())) > 1
    # Row by row, which keeps the memory of a page small.
    for first in range(0, shown, COLUMNS):
        faces = result.vertices[first : min(first + COLUMNS, shown)]
        for column, view in enumerate(head_views(faces, result.head.faces, camera, size, result.albedo)):
            k, y = first + column, top + first // COLUMNS * (tile + CAPTION_PX)
            slot = Box(MARGIN_PX + column * (tile + GAP_PX), y, tile, tile)
            poster.picture(slot, view)
            distance = "best" if k == 0 else f"{float(result.distance_to_best_mm[k]):.1f} mm"
            identity = f"identity {int(result.identity_rank[k]) + 1}   ·   " if varied else ""
            caption(poster, slot, f"{k + 1}", identity + distance)


def _draw_colour_bar(poster: Poster, slot: Box, high: float) -> None:
    height = min(BAR_HEIGHT_PX, slot.height - 120)
    box = Box(slot.right - 62, slot.y + (slot.height - height) // 2, BAR_WIDTH_PX, height)
    values = torch.linspace(1.0, 0.0, height)
    column = np.asarray(heat_colours(values, 0.0, 1.0))
    poster.picture(box, np.broadcast_to((column[:, None] * 255).round(), (height, BAR_WIDTH_PX, 3)).astype(np.uint8))
    for share in (0.0, 0.5, 1.0):
        y = box.bottom - share * (height - 1)
        poster.text((box.right + 8, y), f"{share * high:g}", 15, INK, "lm")
    poster.text((box.right + 8, box.y - 24), "mm", 15, GREY, "lm")


def _round_up(value_mm: float) -> float:
    return next((candidate for candidate in ROUND_MM if candidate >= value_mm), value_mm)
