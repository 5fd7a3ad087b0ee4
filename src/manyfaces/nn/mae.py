"""A masked autoencoder (He et al., CVPR 2022) that masks nothing: texture and tension in, displacements out.

The student of person-specific face models (Mao et al., CVPR 2025, section 3.3), D = A(I, T_UV, x_d). Names of the
tensors are those of the public MAE checkpoints; what they have no tensor for is `tension_embed` and `detail_latent`,
and what they have without need is `mask_token`. `decoder_pred` has one channel here and three there.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError
from manyfaces.nn.displacement import REACH_M, bounded, start_flat
from manyfaces.nn.transformer import EPSILON, Block, PatchEmbedding, sine_positions, start_dense
from manyfaces.nn.vit import VIT_BASE, VIT_SMALL, PatchEncoder, ViTConfig, check_side


@dataclass(frozen=True)
class MaeConfig:
    """Sizes of the autoencoder.

    Attributes:
        encoder: its encoder; the maps have its `side_px`.
        width: channels of a token in the decoder.
        n_blocks: depth of the decoder.
        heads: attention heads of the decoder.
        reach_m: largest displacement, metres.
    """

    encoder: ViTConfig
    width: int
    n_blocks: int
    heads: int
    reach_m: float = REACH_M

    def __post_init__(self) -> None:
        if self.width % self.heads or self.width % 4:
            raise ConfigError(f"{self.width} decoder channels are not a multiple of {self.heads} heads and of 4")


MAE_BASE = MaeConfig(VIT_BASE, width=512, n_blocks=8, heads=16)
"""mae_vit_base_patch16_dec512d8b, on maps of 256 pixels; 111.7 million parameters."""

MAE_SMALL = MaeConfig(VIT_SMALL, width=128, n_blocks=4, heads=4)
"""What a laptop can train, on maps of 128 pixels; 3.7 million parameters."""


class DisplacementMae(PatchEncoder):
    """The student: sees all of a texture at once, so that what is hidden on it can follow from what is not.

    The detail latent x_d is one vector for each patch, the same for everybody, and is added to what the decoder starts
    from. Texture and tension are embedded apart and added: what one embedding of four channels computes, from tensors
    that a public checkpoint fits, and with the tension's share in a tensor of its own.
    """

    decoder_pos_embed: Tensor

    def __init__(self, config: MaeConfig):
        super().__init__(config.encoder)
        self.config = config
        encoder = config.encoder
        self.tension_embed = PatchEmbedding(1, encoder.width, encoder.patch_px, bias=False)
        self.decoder_embed = nn.Linear(encoder.width, config.width)
        self.detail_latent = nn.Parameter(0.02 * torch.randn(1, encoder.n_patches, config.width))
        self.decoder_blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.n_blocks))
        self.decoder_norm = nn.LayerNorm(config.width, EPSILON)
        self.decoder_pred = start_flat(nn.Linear(config.width, encoder.patch_px**2))
        # Fixed, and kept with the weights because the public checkpoints do.
        self.register_buffer("pos_embed", sine_positions(encoder.width, encoder.side))
        self.register_buffer("decoder_pos_embed", sine_positions(config.width, encoder.side))
        start_dense(self.decoder_blocks)
        start_dense(self.decoder_embed)

    def forward(self, texture: Float[Tensor, "B 3 H W"], tension: Float[Tensor, "B H W"]) -> Float[Tensor, "B H W"]:
        """Displacements along the normals in UV space, metres, in [-reach, reach].

        Args:
            texture: the photo unwrapped to UV space, RGB on the scale that it is trained with; zero where it is hidden.
            tension: the tension map, in (-1, 1); compression is positive.

        Raises:
            InputError: maps of another size than `side_px`.
        """
        check_side(texture, self.config.encoder.side_px, "textures")
        tokens = self.encode(self.patch_embed(texture) + self.tension_embed(tension[:, None]))
        return bounded(unpatchified(self.decode(tokens)), self.config.reach_m)

    def decode(self, tokens: Float[Tensor, "B M W"]) -> Float[Tensor, "B N P"]:
        """The unbounded values of each patch, row by row, of the encoder's tokens."""
        x = self.decoder_embed(tokens) + self.decoder_pos_embed
        x = torch.cat([x[:, :1], x[:, 1:] + self.detail_latent], 1)
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x[:, 1:]))


def unpatchified(patches: Float[Tensor, "B N P"]) -> Float[Tensor, "B H W"]:
    """Put a square of square patches, both row by row, together to one picture."""
    side, patch_px = round(patches.shape[1] ** 0.5), round(patches.shape[2] ** 0.5)
    return F.pixel_shuffle(patches.mT.unflatten(-1, (side, side)), patch_px)[:, 0]
