"""Patches from a residual network, in place of a linear map: the hybrid of the vision transformer's paper.

Dosovitskiy et al., ICLR 2021, section 3.1. Convolutions know that a picture's neighbouring pixels belong together;
a transformer has to learn that, from more pictures than a laptop can show it.
"""

from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.nn.resnet import ResNet, ResNetConfig


class ResidualPatches(nn.Module):
    """The first stages of a residual network, and a map from each of its places to a token; see `PatchEmbedding`."""

    def __init__(self, config: ResNetConfig, width: int):
        super().__init__()
        self.trunk = ResNet(config)
        self.proj = nn.Conv2d(config.n_features, width, 1)
        nn.init.xavier_uniform_(self.proj.weight.view(width, -1))
        if self.proj.bias is not None:
            nn.init.zeros_(self.proj.bias)

    def forward(self, picture: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B N D"]:
        """Embed."""
        return self.proj(self.trunk.spatial(picture)).flatten(2).mT


def stem_stride(config: ResNetConfig) -> int:
    """Pixels of the picture, along a side, to one token."""
    return 4 * 2 ** (len(config.layers) - 1)
