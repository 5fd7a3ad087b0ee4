"""sRGB to linear light and back, and colours for maps of scalars."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor


def linear_from_srgb(colour: Float[Tensor, "*S"]) -> Float[Tensor, "*S"]:
    """Decode sRGB in [0, 1] to linear light (IEC 61966-2-1)."""
    colour = colour.clamp(0, 1)
    return torch.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: Float[Tensor, "*S"]) -> Float[Tensor, "*S"]:
    """Encode linear light as sRGB in [0, 1]; brighter light is cut off."""
    light = light.clamp(0, 1)
    # The power has an infinite slope at zero; below the knee it is not used, so it need not be taken there.
    power = 1.055 * light.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(light <= 0.0031308, light * 12.92, power)


def _srgb_from_oklab(lab: Float[Tensor, "N 3"]) -> Float[Tensor, "N 3"]:
    """OKLab to sRGB (Ottosson 2020, "A perceptual color space for image processing")."""
    cone_from_lab = torch.tensor(
        [
            [1.0, 0.3963377774, 0.2158037573],
            [1.0, -0.1055613458, -0.0638541728],
            [1.0, -0.0894841775, -1.2914855480],
        ]
    ).to(lab)
    rgb_from_cone = torch.tensor(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    ).to(lab)
    return srgb_from_linear((lab @ cone_from_lab.T) ** 3 @ rgb_from_cone.T)


def _heat_table(steps: int = 256) -> Float[Tensor, "N 3"]:
    """From dark violet over red to light yellow: lightness rises evenly, so the map reads the same in grey."""
    t = torch.linspace(0, 1, steps, dtype=torch.float64)
    lightness = 0.22 + 0.72 * t
    chroma = 0.06 + 0.46 * t * (1 - t) + 0.07 * t
    hue = torch.deg2rad(-70 + 178 * t)
    return _srgb_from_oklab(torch.stack([lightness, chroma * hue.cos(), chroma * hue.sin()], -1)).float()


_HEAT = _heat_table()
_UNKNOWN = 0.5


def heat_colours(
    values: Float[Tensor, "*S"] | Float[np.ndarray, "*S"], low: float, high: float
) -> Float[Tensor, "*S 3"]:
    """Colours for scalars: dark violet at `low`, over red, to light yellow at `high`; grey where not a number.

    Args:
        values: any shape, any unit.
        low: value of the first colour; what is below looks the same.
        high: value of the last colour, greater than low.

    Returns:
        sRGB in [0, 1].
    """
    scalars = torch.as_tensor(values).float()
    known = ~scalars.isnan()
    place = ((scalars - low) / (high - low)).nan_to_num(0.0).clamp(0, 1) * (len(_HEAT) - 1)
    lower = place.floor().clamp(max=len(_HEAT) - 2)
    table = _HEAT.to(scalars.device)
    share = (place - lower)[..., None]
    index = lower.long()
    colours = table[index] * (1 - share) + table[index + 1] * share
    return torch.where(known[..., None], colours, _UNKNOWN)


def colour_bar(
    low: float, high: float, label: str = "", height: int = 256, background: tuple[int, int, int] = (255, 255, 255)
) -> UInt8[np.ndarray, "H W 3"]:
    """A legend for `heat_colours`: the scale upright, with the values at five marks.

    Args:
        low: value at the bottom.
        high: value at the top.
        label: what is measured, and its unit; written above.
        height: of the picture, pixels.
        background: RGB, 0 to 255.
    """
    size = max(9, height // 20)
    font = ImageFont.load_default(size)
    ink = (0, 0, 0) if sum(background) > 380 else (255, 255, 255)
    texts = [f"{low + (high - low) * k / 4:.3g}" for k in range(5)]
    top, bottom, wide = 2 * size, height - size, max(6, height // 14)
    label_width = int(font.getlength(label))
    width = max(size // 2 + wide + size + int(max(font.getlength(t) for t in texts)), label_width + size)
    picture = Image.new("RGB", (width, height), background)
    draw = ImageDraw.Draw(picture)
    draw.text((size // 2, size // 4), label, ink, font)
    rows = heat_colours(torch.linspace(1, 0, max(2, bottom - top)), 0.0, 1.0)
    bar = (rows[:, None].expand(-1, wide, 3) * 255).round().byte().numpy()
    picture.paste(Image.fromarray(np.ascontiguousarray(bar)), (size // 2, top))
    for k, text in enumerate(texts):
        y = bottom - 1 - (bottom - top - 1) * k / 4
        draw.line([(size // 2 + wide, y), (size // 2 + wide + size // 3, y)], ink)
        draw.text((size // 2 + wide + size // 2, y), text, ink, font, anchor="lm")
    return np.array(picture)
