"""A residual network and a decoder with one vector between them: a photo in, displacements out.

The plan of DECA's detail branch (Feng et al., SIGGRAPH 2021), which person-specific face models are compared with
("ResNet detail", Mao et al., CVPR 2025, section 4.4). Expression and jaw join the vector, so they can drive the detail.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.nn.displacement import REACH_M, bounded, start_flat
from manyfaces.nn.resnet import RESNET50, ResNet, ResNetConfig

_SEED_PX = 8  # side of the map that the decoder starts from


@dataclass(frozen=True)
class DetailResNetConfig:
    """Sizes of encoder and decoder.

    Attributes:
        backbone: the residual network.
        n_detail: length of the photo's part of the vector between them.
        n_drive: length of the other part, expression and jaw.
        widths: channels of the decoder from 8 pixels a side on; every one after the first doubles the side.
        reach_m: largest displacement, metres.
    """

    backbone: ResNetConfig = RESNET50
    n_detail: int = 128
    n_drive: int = 53
    widths: tuple[int, ...] = (128, 128, 64, 64, 32, 16)
    reach_m: float = REACH_M

    @property
    def side_px(self) -> int:
        """Side of the displacement map."""
        return _SEED_PX * 2 ** (len(self.widths) - 1)


class DisplacementResNet(nn.Module):
    """The ablation's network; no place of its map knows a place of the photo."""

    def __init__(self, config: DetailResNetConfig):
        super().__init__()
        self.config = config
        self.backbone = ResNet(config.backbone)
        self.detail = nn.Linear(config.backbone.n_features, config.n_detail)
        self.seed = nn.Linear(config.n_detail + config.n_drive, config.widths[0] * _SEED_PX**2)
        self.decoder = nn.Sequential(
            nn.BatchNorm2d(config.widths[0]),
            *(layer for widths in pairwise(config.widths) for layer in _doubling(*widths)),
            start_flat(nn.Conv2d(config.widths[-1], 1, 3, padding=1)),
        )

    def forward(self, pictures: Float[Tensor, "B 3 H W"], drive: Float[Tensor, "B D"]) -> Float[Tensor, "B side side"]:
        """Displacements along the normals in UV space, metres, in [-reach, reach].

        Args:
            pictures: photos, RGB on the scale that it is trained with; of any size.
            drive: expression and jaw of the faces that are wanted, `n_drive` values each.
        """
        code = torch.cat([self.detail(self.backbone(pictures)), drive], -1)
        seed = self.seed(code).unflatten(-1, (-1, _SEED_PX, _SEED_PX))
        return bounded(self.decoder(seed)[:, 0], self.config.reach_m)


def _doubling(d_in: int, d_out: int) -> tuple[nn.Module, ...]:
    return (
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
        nn.Conv2d(d_in, d_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(d_out),
        nn.LeakyReLU(0.2, inplace=True),
    )
