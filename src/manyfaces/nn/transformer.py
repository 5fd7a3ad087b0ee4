"""Blocks of the vision transformer (Dosovitskiy et al., ICLR 2021), normalised first; tensor names are timm's.

CLIP's blocks (`nn.clip_vit`) compute something else, a quick GELU, from tensors of other names, so they stay their own.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

EPSILON = 1e-6
"""Of every layer norm; torch's own default is ten times that."""


class SelfAttention(nn.Module):
    """Multi-head self-attention; query, key and value in one projection."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "B N W"]) -> Float[Tensor, "B N W"]:
        """Attend from all tokens to all tokens."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # each (B, heads, N, W / heads)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Two layers with a GELU between them, four times as wide in the middle."""

    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Float[Tensor, "B N W"]) -> Float[Tensor, "B N W"]:
        """Apply to each token."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Attention and feed-forward, each of the normalised tokens and added to them.

    Attributes:
        adapter: what the feed-forward part's output passes before it is added; None in a base model. `nn.adapters`
            fills it.
    """

    adapter: nn.Module | None

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, EPSILON)
        self.attn = SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, EPSILON)
        self.mlp = FeedForward(width)
        self.adapter = None

    @property
    def width(self) -> int:
        """Channels of a token."""
        return self.norm1.normalized_shape[0]

    def forward(self, x: Float[Tensor, "B N W"]) -> Float[Tensor, "B N W"]:
        """Apply."""
        x = x + self.attn(self.norm1(x))
        change = self.mlp(self.norm2(x))
        return x + (change if self.adapter is None else self.adapter(change))


class PatchEmbedding(nn.Module):
    """Cuts a picture into patches, row by row from the top left, and maps each to a token."""

    def __init__(self, channels: int, width: int, patch_px: int, bias: bool = True):
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch_px, patch_px, bias=bias)
        # A patch is one input of a dense layer, so it starts as one does and not as a convolution.
        nn.init.xavier_uniform_(self.proj.weight.view(width, -1))
        if self.proj.bias is not None:
            nn.init.zeros_(self.proj.bias)

    def forward(self, picture: Float[Tensor, "B C H W"]) -> Float[Tensor, "B N D"]:
        """Embed."""
        return self.proj(picture).flatten(2).mT


def start_dense(module: nn.Module) -> None:
    """Start every dense layer in a module with Xavier's uniform weights and no bias, as ViT and MAE do."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)


def sine_positions(width: int, side: int) -> Float[Tensor, "1 M W"]:
    """Fixed positions of a class token and a square of patches, as MAE has them.

    The first half of the channels tells the column, the second the row; of each, the first half are sines, the second
    cosines, with wave lengths from 2 pi to nearly 20,000 pi patches. The class token's position is zero.

    Args:
        width: channels of a token, a multiple of 4.
        side: patches along a side.
    """
    frequencies = 10_000.0 ** -(torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    angles = torch.arange(side, dtype=torch.float64)[:, None] * frequencies
    waves = torch.cat([angles.sin(), angles.cos()], -1)  # (side, width / 2)
    rows, columns = waves[:, None].expand(-1, side, -1), waves.expand(side, -1, -1)
    patches = torch.cat([columns, rows], -1).flatten(0, 1)
    return torch.cat([patches.new_zeros(1, width), patches]).float()[None]
