"""The vision transformer (Dosovitskiy et al., ICLR 2021): a picture in, one token that stands for all of it out.

Names and shapes of the tensors are those of the public checkpoints (timm's, and the encoder of MAE) without their
classifiers.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError, InputError
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.nn.stem import ResidualPatches, stem_stride
from manyfaces.nn.transformer import EPSILON, Block, PatchEmbedding, start_dense


@dataclass(frozen=True)
class ViTConfig:
    """Sizes of a vision transformer.

    Attributes:
        width: channels of a token.
        n_blocks: depth.
        heads: attention heads.
        side_px: side of the picture.
        patch_px: side of a patch.
        stem: a residual network whose places become the tokens, in place of a linear map of the patches; its stride is
            `patch_px`.
        channels: of the picture.
    """

    width: int
    n_blocks: int
    heads: int
    side_px: int = 256
    patch_px: int = 16
    stem: ResNetConfig | None = None
    channels: int = 3

    def __post_init__(self) -> None:
        if self.width % self.heads or self.width % 4:
            raise ConfigError(f"{self.width} channels are not a multiple of {self.heads} heads and of 4")
        if self.side_px % self.patch_px:
            raise ConfigError(f"{self.side_px} pixels cannot be cut into patches of {self.patch_px}")
        if self.stem is not None and self.channels != 3:
            raise ConfigError(f"a stem sees colours, not {self.channels} channels", "leave channels at 3")
        if self.stem is not None and stem_stride(self.stem) != self.patch_px:
            raise ConfigError(f"a stem of stride {stem_stride(self.stem)} makes no patches of {self.patch_px} pixels")

    @property
    def side(self) -> int:
        """Patches along a side."""
        return self.side_px // self.patch_px

    @property
    def n_patches(self) -> int:
        """Patches of a picture."""
        return self.side**2


VIT_BASE = ViTConfig(width=768, n_blocks=12, heads=12)
"""ViT-B/16 on the 256 pixel crop of person-specific models (Mao et al., CVPR 2025)."""


class PatchEncoder(nn.Module):
    """What ViT and MAE share: patches and a class token through a stack of blocks.

    Subclasses add `pos_embed`, (1, 1 + patches, width), the class token's first.
    """

    pos_embed: Tensor

    def __init__(self, config: ViTConfig):
        super().__init__()
        if config.stem is None:
            self.patch_embed = PatchEmbedding(config.channels, config.width, config.patch_px)
        else:
            self.patch_embed = ResidualPatches(config.stem, config.width)
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, config.width))
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.n_blocks))
        self.norm = nn.LayerNorm(config.width, EPSILON)
        start_dense(self.blocks)

    def encode(self, patches: Float[Tensor, "B N W"]) -> Float[Tensor, "B M W"]:
        """Tokens of embedded patches, normalised; the class token comes first."""
        x = torch.cat([self.cls_token.expand(len(patches), -1, -1), patches], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class ViT(PatchEncoder):
    """The encoder of pictures; its positions are learned."""

    def __init__(self, config: ViTConfig):
        super().__init__(config)
        self.config = config
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 1 + config.n_patches, config.width))

    def forward(self, pictures: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B D"]:
        """The class token, normalised.

        Args:
            pictures: RGB on the scale that it is trained with, `side_px` a side.

        Raises:
            InputError: pictures of another size.
        """
        return self.tokens(pictures)[:, 0]

    def tokens(self, pictures: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B M D"]:
        """All tokens, normalised: the class token, then the patches row by row; see `forward`."""
        check_side(pictures, self.config.side_px, "pictures")
        return self.encode(self.patch_embed(pictures))


def check_side(pictures: Tensor, side_px: int, what: str) -> None:
    """Refuse pictures that are not `side_px` a side.

    Raises:
        InputError: they are not.
    """
    height, width = pictures.shape[-2:]
    if (height, width) != (side_px, side_px):
        raise InputError(
            f"the network looks at {what} of {side_px} x {side_px} pixels, not {width} x {height}",
            "resize them, or configure side_px",
        )


def resized_positions(positions: Float[Tensor, "1 M W"], side: int) -> Float[Tensor, "1 N W"]:
    """Learned positions for another number of patches, such as a public checkpoint's 14 a side for 16 a side.

    Args:
        positions: `pos_embed`, the class token's first.
        side: patches along a side that are wanted.

    Returns:
        The class token's as it is and the patches' by bicubic interpolation.

    Raises:
        InputError: the positions are not those of a class token and a square.
    """
    n_patches = positions.shape[1] - 1
    old = round(n_patches**0.5)
    if old**2 != n_patches:
        raise InputError(f"{positions.shape[1]} positions are not one and a square", "hand in the whole pos_embed")
    if old == side:
        return positions
    grid = positions[:, 1:].mT.unflatten(-1, (old, old))
    grid = F.interpolate(grid, (side, side), mode="bicubic", align_corners=False)
    return torch.cat([positions[:, :1], grid.flatten(2).mT], 1)
