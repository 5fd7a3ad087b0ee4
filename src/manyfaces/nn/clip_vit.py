"""The visual tower of CLIP (Radford et al. 2021), which FaRL (Zheng et al., CVPR 2022) is: picture in, vector out.

Names and shapes of the tensors are those of the public checkpoints; their text tower is left out.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError


class SelfAttention(nn.Module):
    """Multi-head self-attention; query, key and value in one projection."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, x: Float[Tensor, "B N W"], n_queries: int | None = None) -> Float[Tensor, "B M W"]:
        """Attend from the first `n_queries` tokens (all by default) to all tokens."""
        width = x.shape[-1]
        if n_queries is None:
            q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
        else:
            q = F.linear(x[:, :n_queries], self.in_proj_weight[:width], self.in_proj_bias[:width])
            k, v = F.linear(x, self.in_proj_weight[width:], self.in_proj_bias[width:]).chunk(2, -1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Two layers with CLIP's quick GELU, x * sigmoid(1.702 x)."""

    def __init__(self, width: int):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Float[Tensor, "B N W"]) -> Float[Tensor, "B N W"]:
        """Apply to each token."""
        x = self.c_fc(x)
        return self.c_proj(x * torch.sigmoid(1.702 * x))


class TransformerBlock(nn.Module):
    """Attention and feed-forward, each on the normalised tokens and added to them."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.attn = SelfAttention(width, heads)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = FeedForward(width)
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, x: Float[Tensor, "B N W"], n_out: int | None = None) -> Float[Tensor, "B M W"]:
        """Apply; with `n_out`, compute only the first tokens of the result."""
        x = x[:, :n_out] + self.attn(self.ln_1(x), n_out)
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """A stack of blocks, read at its first token."""

    def __init__(self, width: int, n_blocks: int, heads: int):
        super().__init__()
        self.resblocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(n_blocks))

    def forward(self, x: Float[Tensor, "B N W"]) -> Float[Tensor, "B W"]:
        """Apply; the last block computes the first token alone, since nothing reads the others."""
        for block in self.resblocks[:-1]:
            x = block(x)
        return self.resblocks[-1](x, 1)[:, 0]


class VisionTransformer(nn.Module):
    """Patches and a class token through a transformer; the class token is projected (see `ClipVisualTower`)."""

    def __init__(self, dim: int, width: int, n_blocks: int, heads: int, patch_px: int, side_px: int):
        super().__init__()
        self.class_embedding = nn.Parameter(width**-0.5 * torch.randn(width))
        n_tokens = 1 + (side_px // patch_px) ** 2
        self.positional_embedding = nn.Parameter(width**-0.5 * torch.randn(n_tokens, width))
        self.proj = nn.Parameter(width**-0.5 * torch.randn(width, dim))
        self.conv1 = nn.Conv2d(3, width, patch_px, patch_px, bias=False)
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, n_blocks, heads)
        self.ln_post = nn.LayerNorm(width)

    def forward(self, picture: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B D"]:
        """Encode."""
        patches = self.conv1(picture).flatten(2).mT
        tokens = torch.cat([self.class_embedding.expand(len(picture), 1, -1), patches], 1)
        tokens = self.ln_pre(tokens + self.positional_embedding)
        return self.ln_post(self.transformer(tokens)) @ self.proj


class ClipVisualTower(nn.Module):
    """The picture's half of CLIP; ViT-B/16 by default.

    Args:
        dim: length of the feature.
        width: channels of a token.
        n_blocks: depth.
        heads: attention heads.
        patch_px: side of a patch.
        side_px: side of the picture.

    Raises:
        ConfigError: heads do not divide the width, or patches the side.
    """

    def __init__(
        self,
        dim: int = 512,
        width: int = 768,
        n_blocks: int = 12,
        heads: int = 12,
        patch_px: int = 16,
        side_px: int = 224,
    ):
        super().__init__()
        if width % heads or side_px % patch_px:
            raise ConfigError(f"{heads} heads do not divide {width} channels, or {patch_px} px patches {side_px} px")
        self.visual = VisionTransformer(dim, width, n_blocks, heads, patch_px, side_px)

    def forward(self, picture: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B D"]:
        """Encode.

        Args:
            picture: RGB, normalised by CLIP's mean and deviation, `side_px` a side.

        Returns:
            The projected class token; CLIP compares its direction, OFER takes it as it is.
        """
        return self.visual(picture)
