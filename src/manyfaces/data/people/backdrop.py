"""What is behind and around a head: a room out of focus, long hair, shoulders."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

# Cells along a side, and how strong their contrast can be.
_OCTAVES = {2: 1.2, 4: 1.0, 9: 0.8, 23: 0.4}


def sample_backdrop(n: int, size_px: int, generator: torch.Generator) -> Float[Tensor, "B 3 H W"]:
    """Draw rooms out of focus: smooth colours with some coarse and some fine structure, RGB in [0, 1]."""

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=generator.device)

    grey = 1 - 0.7 * uniform(n, 1, 1, 1) ** 2
    plain = uniform(n, 3, 1, 1)
    picture = (grey * plain.mean(1, keepdim=True) + (1 - grey) * plain).expand(-1, -1, size_px, size_px)
    for cells, strength in _OCTAVES.items():
        coarse = uniform(n, 3, cells, cells) - 0.5
        coarse = grey * coarse.mean(1, keepdim=True) + (1 - grey) * coarse
        smooth = F.interpolate(coarse, (size_px, size_px), mode="bilinear")
        blocks = F.interpolate(coarse, (size_px, size_px), mode="nearest")
        sharp = (uniform(n, 1, 1, 1) < 0.25).float()
        picture = picture + strength * uniform(n, 1, 1, 1) ** 2 * (sharp * blocks + (1 - sharp) * smooth)
    return picture.clamp(0, 1)


def with_hair_and_shoulders(
    backdrop: Float[Tensor, "B 3 H W"],
    box: Float[Tensor, "B 4"],
    hair: Float[Tensor, "B 3"],
    generator: torch.Generator,
) -> Float[Tensor, "B 3 H W"]:
    """Draw, behind the head, hair that hangs down and clothes below the neck.

    Args:
        backdrop: RGB in [0, 1].
        box: around the head, pixels of the backdrop: x0, y0, x1, y1.
        hair: its colour, RGB.
        generator: source of all randomness.
    """
    n, _, height, width = backdrop.shape

    def uniform(low: float, high: float, channels: int = 1) -> Tensor:
        unit = torch.rand(n, channels, 1, 1, generator=generator, device=generator.device)
        return low + (high - low) * unit

    y = torch.arange(height, device=backdrop.device, dtype=backdrop.dtype)[None, None, :, None]
    x = torch.arange(width, device=backdrop.device, dtype=backdrop.dtype)[None, None, None, :]
    x0, y0, x1, y1 = (box[:, k, None, None, None] for k in range(4))
    middle, wide, tall = (x0 + x1) / 2, (x1 - x0) / 2, y1 - y0
    slope = (x - middle).abs() - wide * uniform(0.5, 1.0)
    cloth = torch.sigmoid((y - y1 + 0.12 * tall - 0.35 * slope.clamp(min=0)) / 1.5)
    cloth_colour = uniform(0.0, 1.0, 3) * uniform(0.15, 1.0)
    picture = backdrop * (1 - cloth) + cloth_colour * cloth
    grown = wide * uniform(0.85, 1.35)
    top = y0 + 0.42 * tall
    dome = ((x - middle) / grown) ** 2 + ((y - top) / (0.5 * tall)).clamp(max=0) ** 2
    length = top + tall * uniform(0.0, 0.9)
    mass = torch.sigmoid(30 * (1 - dome)) * torch.sigmoid((length - y) / 3) * (uniform(0, 1) < 0.45)
    strands = 1 + 0.3 * (torch.rand(n, 1, 1, width, generator=generator, device=generator.device) - 0.5)
    return picture * (1 - mass) + (hair[..., None, None] * strands) * mass
