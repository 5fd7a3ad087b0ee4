"""A shallow U-Net over pictures (Ronneberger et al., MICCAI 2015): a texture in, displacements out.

The teacher of person-specific face models (Mao et al., CVPR 2025, section 3.3). What it says of a place depends on the
texture around it and on nothing far away: so it is exact about what can be seen, and cannot tell what is hidden. Its
norms must carry nothing across the picture either, and are therefore batch norms: fixed factors once it has learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError, InputError
from manyfaces.nn.displacement import REACH_M, bounded, start_flat


@dataclass(frozen=True)
class UNet2dConfig:
    """Sizes of the U-Net.

    Attributes:
        width: channels of the first level; every other level has twice those of the one before.
        levels: resolutions, each half the one before; sides of pictures are multiples of 2^(levels - 1).
        channels: of the pictures.
        reach_m: largest displacement, metres.
    """

    width: int = 32
    levels: int = 4
    channels: int = 3
    reach_m: float = REACH_M

    def __post_init__(self) -> None:
        if self.width < 1 or self.levels < 2:
            raise ConfigError(f"a U-Net of {self.levels} levels, {self.width} channels wide, is none", "levels >= 2")

    @property
    def stride_px(self) -> int:
        """Pixels of the picture to one of the deepest level."""
        return 2 ** (self.levels - 1)

    @property
    def deepest(self) -> int:
        """Channels of the deepest level."""
        return self.width * 2 ** (self.levels - 1)


UNET_SMALL = UNet2dConfig(width=16)
"""What a laptop can train; 0.5 million parameters."""


class TwoConvolutions(nn.Sequential):
    """Twice: convolution, batch norm, ReLU."""

    def __init__(self, d_in: int, d_out: int):
        super().__init__(*_convolution(d_in, d_out), *_convolution(d_out, d_out))


class DisplacementUNet(nn.Module):
    """The teacher."""

    def __init__(self, config: UNet2dConfig):
        super().__init__()
        self.config = config
        widths = [config.width * 2**level for level in range(config.levels)]
        self.down = nn.ModuleList(
            TwoConvolutions(a, b) for a, b in zip([config.channels, *widths], widths, strict=False)
        )
        self.up = nn.ModuleList(TwoConvolutions(3 * width, width) for width in reversed(widths[:-1]))
        self.head = start_flat(nn.Conv2d(config.width, 1, 1))

    def forward(self, texture: Float[Tensor, "B C H W"]) -> Float[Tensor, "B H W"]:
        """Displacements along the normals in UV space, metres, in [-reach, reach].

        Args:
            texture: the photo unwrapped to UV space, RGB on the scale that it is trained with; zero where it is hidden.

        Raises:
            InputError: a side is no multiple of the stride.
        """
        return self.ascend(self.descend(texture))

    def descend(self, picture: Float[Tensor, "B C H W"]) -> list[Tensor]:
        """Features of all levels, the finest first; see `forward`."""
        if any(side % self.config.stride_px for side in picture.shape[-2:]):
            height, width = picture.shape[-2:]
            raise InputError(
                f"a picture of {width} x {height} pixels cannot be halved {self.config.levels - 1} times",
                f"make its sides multiples of {self.config.stride_px}",
            )
        x, seen = picture.contiguous(memory_format=torch.channels_last), []
        for level in self.down:
            x = level(F.max_pool2d(x, 2) if seen else x)
            seen.append(x)
        return seen

    def ascend(self, seen: Sequence[Tensor]) -> Float[Tensor, "B H W"]:
        """Displacements of what `descend` gave; the deepest level may have been changed."""
        x = seen[-1]
        for level, finer in zip(self.up, reversed(seen[:-1]), strict=True):
            # Not a transposed convolution: it leaves a pattern of two pixels, which would be taken for pores.
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = level(torch.cat([finer, x], 1))
        return bounded(self.head(x)[:, 0], self.config.reach_m)


def _convolution(d_in: int, d_out: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(d_in, d_out, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return convolution, nn.BatchNorm2d(d_out), nn.ReLU(inplace=True)
