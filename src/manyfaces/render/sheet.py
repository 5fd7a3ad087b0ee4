"""Renders laid over photos, and pictures laid side by side."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from manyfaces.core.errors import InputError


def to_bytes(rgb: Float[Tensor, "*S 3"] | Float[np.ndarray, "*S 3"]) -> UInt8[np.ndarray, "*S 3"]:
    """Colours in [0, 1] as bytes on the CPU."""
    values = torch.as_tensor(rgb).detach().cpu().float().nan_to_num(0.0).clamp(0, 1)
    return (values * 255).round().byte().numpy()


def overlay(
    photo: UInt8[np.ndarray, "H W 3"],
    render_rgb: Float[Tensor, "H W 3"] | Float[np.ndarray, "H W 3"],
    mask: Float[Tensor, "H W"] | Float[np.ndarray, "H W"],
    opacity: float = 0.85,
) -> UInt8[np.ndarray, "H W 3"]:
    """Lay a render over the photo it belongs to.

    Args:
        photo: the photo.
        render_rgb: sRGB in [0, 1].
        mask: share of each pixel covered, in [0, 1].
        opacity: of the render; 1 hides the photo where the mask is one.
    """
    share = np.asarray(torch.as_tensor(mask).detach().cpu().float())[..., None] * opacity
    over = np.asarray(torch.as_tensor(render_rgb).detach().cpu().float())
    return to_bytes(photo.astype(np.float32) / 255 * (1 - share) + over * share)


def contact_sheet(
    images: Sequence[UInt8[np.ndarray, "_ _ 3"]],
    columns: int,
    captions: Sequence[str] | None = None,
    background: tuple[int, int, int] = (255, 255, 255),
    gap_px: int = 8,
) -> UInt8[np.ndarray, "H W 3"]:
    """Lay pictures out in rows, each in the middle of a cell as large as the largest.

    Args:
        images: one or more, sizes may differ.
        columns: pictures in a row.
        captions: a line below each picture; shortened where it is too long.
        background: RGB, 0 to 255.
        gap_px: between cells and around them.

    Raises:
        InputError: no pictures, no columns, or another number of captions than of pictures.
    """
    if not images or columns < 1:
        raise InputError(f"a sheet of {len(images)} pictures in {columns} columns cannot be drawn", "give one or more")
    if captions is not None and len(captions) != len(images):
        raise InputError(f"{len(captions)} captions for {len(images)} pictures", "give one for each, or none")
    cell_height, cell_width = (max(image.shape[k] for image in images) for k in (0, 1))
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    font_px = int(np.clip(cell_width / 16, 11, 22))
    line_px = round(1.7 * font_px) if captions else 0
    step_x, step_y = cell_width + gap_px, cell_height + line_px + gap_px
    sheet = Image.new("RGB", (columns * step_x + gap_px, rows * step_y + gap_px), background)
    draw = ImageDraw.Draw(sheet)
    ink = (20, 20, 20) if sum(background) > 380 else (235, 235, 235)
    for index, image in enumerate(images):
        left, top = gap_px + index % columns * step_x, gap_px + index // columns * step_y
        offset_y, offset_x = (cell_height - image.shape[0]) // 2, (cell_width - image.shape[1]) // 2
        sheet.paste(Image.fromarray(np.ascontiguousarray(image)), (left + offset_x, top + offset_y))
        if captions:
            font, text = _fitted(captions[index], cell_width, font_px)
            middle = (left + cell_width / 2, top + cell_height + line_px / 2)
            draw.text(middle, text, ink, font, anchor="mm")
    return np.array(sheet)


def _fitted(text: str, width_px: int, font_px: int) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, str]:
    """A font, and as much of the text as fits: first smaller letters, then fewer."""
    text = " ".join(text.split())
    for size in range(font_px, 8, -1):
        font = ImageFont.load_default(size)
        if font.getlength(text) <= width_px:
            return font, text
    font = ImageFont.load_default(9)
    while text and font.getlength(text + "…") > width_px:
        text = text[:-1]
    return font, text + "…"
