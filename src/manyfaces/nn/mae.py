"""A masked autoencoder (He et al., CVPR 2022) that masks nothing: texture and tension in, displacements out.

The student of person-specific face models (Mao et al., CVPR 2025, section 3.3), D = A(I, T_UV, x_d). Names of the
tensors are those of the public MAE checkpoints; what they have no tensor for is `tension_embed` and `detail_latent`,
and what they have without need is `mask_token`. `decoder_pred` has one channel here and three there.

Linear patches of fine lines have to be learned from more faces than a laptop can draw. `MaeConfig.unet` puts the
autoencoder between the halves of a U-Net, which starts as its teacher: convolutions see the lines, tokens see the face.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError
from manyfaces.nn.displacement import REACH_M, bounded, start_flat
from manyfaces.nn.transformer import EPSILON, Block, PatchEmbedding, sine_positions, start_dense
from manyfaces.nn.unet2d import UNET_SMALL, DisplacementUNet, UNet2dConfig
from manyfaces.nn.vit import VIT_BASE, PatchEncoder, ViTConfig, check_side

HYBRID_IN = 7
"""Channels of what a hybrid sees, see `DisplacementMae.both_halves`."""


@dataclass(frozen=True)
class MaeConfig:
    """Sizes of the autoencoder.

    Attributes:
        encoder: its encoder.
        width: channels of a token in the decoder.
        n_blocks: depth of the decoder.
        heads: attention heads of the decoder.
        reach_m: largest displacement, metres.
        unet: a U-Net around the autoencoder, whose patches then are of the U-Net's deepest level, and whose pictures
            have the `HYBRID_IN` channels of `DisplacementMae.both_halves`; None, as published, cuts texture and tension
            into patches themselves.
    """

    encoder: ViTConfig
    width: int
    n_blocks: int
    heads: int
    reach_m: float = REACH_M
    unet: UNet2dConfig | None = None

    def __post_init__(self) -> None:
        if self.width % self.heads or self.width % 4:
            raise ConfigError(f"{self.width} decoder channels are not a multiple of {self.heads} heads and of 4")
        if self.encoder.stem is not None or (self.unet is None and self.encoder.channels != 3):
            raise ConfigError("the autoencoder cuts textures or the deepest level of its U-Net into patches", "no stem")
        if self.unet is not None and (self.unet.channels, self.unet.deepest) != (HYBRID_IN, self.encoder.channels):
            raise ConfigError(
                f"the autoencoder takes {self.encoder.channels} channels of a U-Net that has {self.unet.deepest}, of "
                f"pictures of {self.unet.channels}",
                f"let it take all channels of the deepest level, of pictures of {HYBRID_IN}",
            )

    @property
    def side_px(self) -> int:
        """Texels along a side of the maps."""
        return self.encoder.side_px * (1 if self.unet is None else self.unet.stride_px)


MAE_BASE = MaeConfig(VIT_BASE, width=512, n_blocks=8, heads=16)
"""mae_vit_base_patch16_dec512d8b, on maps of 256 pixels; 111.7 million parameters."""

MAE_SMALL = MaeConfig(
    ViTConfig(width=192, n_blocks=4, heads=3, side_px=16, patch_px=2, channels=UNET_SMALL.deepest),
    width=128,
    n_blocks=2,
    heads=4,
    unet=replace(UNET_SMALL, channels=HYBRID_IN),
)
"""What a laptop can train, on maps of 128 pixels: between the halves of the small teacher."""


class DisplacementMae(PatchEncoder):
    """The student: sees all of a texture at once, so that what is hidden on it can follow from what is not.

    The detail latent x_d is one vector for each patch, the same for everybody, and is added to what the decoder starts
    from. Texture and tension are embedded apart and added: what one embedding of four channels computes, from tensors
    that a public checkpoint fits, and with the tension's share in a tensor of its own. Where there is a U-Net, it sees
    both, and the tokens are of its deepest level, to which the decoder's patches are added.
    """

    decoder_pos_embed: Tensor

    def __init__(self, config: MaeConfig):
        super().__init__(config.encoder)
        self.config = config
        encoder = config.encoder
        if config.unet is None:
            self.unet = None
            self.tension_embed = PatchEmbedding(1, encoder.width, encoder.patch_px, bias=False)
        else:
            self.unet = DisplacementUNet(replace(config.unet, reach_m=config.reach_m))
        self.decoder_embed = nn.Linear(encoder.width, config.width)
        self.detail_latent = nn.Parameter(0.02 * torch.randn(1, encoder.n_patches, config.width))
        self.decoder_blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.n_blocks))
        self.decoder_norm = nn.LayerNorm(config.width, EPSILON)
        n_rebuilt = 1 if config.unet is None else config.unet.deepest
        self.decoder_pred = start_flat(nn.Linear(config.width, n_rebuilt * encoder.patch_px**2))
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
        check_side(texture, self.config.side_px, "textures")
        tension = tension[:, None]
        if self.unet is None:
            tokens = self.encode(self.patch_embed(texture) + self.tension_embed(tension))
            return bounded(self.rebuilt(tokens)[:, 0], self.config.reach_m)
        *finer, deepest = self.unet.descend(self.both_halves(texture, tension))
        return self.unet.ascend([*finer, deepest + self.rebuilt(self.encode(self.patch_embed(deepest)))])

    @staticmethod
    def both_halves(texture: Float[Tensor, "B 3 H W"], tension: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B 7 H W"]:
        """What a hybrid sees: halves of the map mirror each other, so what is hidden on one may be seen on the other.

        Args:
            texture: see `forward`.
            tension: likewise.

        Returns:
            The texture, which shows the mirror image where it is hidden itself; the tension; where the texture is
            shown, and where its mirror image is in its place; how much more tension is asked for there than here.
        """
        shown = (texture != 0).any(1, keepdim=True).to(texture)
        lent = (1 - shown) * shown.flip(-1)
        strained = lent * (tension.flip(-1) - tension)
        return torch.cat([texture + lent * texture.flip(-1), tension, shown, lent, strained], 1)

    def rebuilt(self, tokens: Float[Tensor, "B M D"]) -> Float[Tensor, "B C H W"]:
        """What the decoder makes of the encoder's tokens, patch beside patch."""
        return unpatchified(self.decode(tokens), self.config.encoder.patch_px)

    @torch.no_grad()
    def start_from(self, teacher: DisplacementUNet) -> None:
        """Begin as a teacher that sees textures alone; other channels say nothing yet, tokens next to nothing.

        Raises:
            ConfigError: there is no U-Net around the autoencoder, or one of other sizes.
        """
        if self.unet is None or replace(self.unet.config, channels=teacher.config.channels) != teacher.config:
            raise ConfigError("a student starts from its teacher where it has a U-Net of the same sizes")
        state = teacher.state_dict()
        first = next(name for name in state if state[name].ndim == 4)
        kernel = torch.zeros_like(self.unet.state_dict()[first])
        kernel[:, : teacher.config.channels] = state[first]
        self.unet.load_state_dict({**state, first: kernel})

    def decode(self, tokens: Float[Tensor, "B M W"]) -> Float[Tensor, "B N P"]:
        """The unbounded values of each patch, row by row, of the encoder's tokens."""
        x = self.decoder_embed(tokens) + self.decoder_pos_embed
        x = torch.cat([x[:, :1], x[:, 1:] + self.detail_latent], 1)
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x[:, 1:]))


def unpatchified(patches: Float[Tensor, "B N P"], patch_px: int) -> Float[Tensor, "B C H W"]:
    """Put a square of square patches, row by row as their pixels are, together to one picture of some channels."""
    side = round(patches.shape[1] ** 0.5)
    return F.pixel_shuffle(patches.mT.unflatten(-1, (side, side)), patch_px)
