"""Sizes of the networks: as published as far as that is told, and as a laptop can train them."""

from dataclasses import dataclass, field

from manyfaces.faces import CoefficientLayout, Projection
from manyfaces.nn.mae import MAE_BASE, MAE_SMALL, MaeConfig
from manyfaces.nn.resnet import ResNetConfig
from manyfaces.nn.unet2d import UNET_SMALL, UNet2dConfig
from manyfaces.nn.vit import VIT_BASE, ViTConfig

FLAME_LAYOUT = CoefficientLayout(identity=100, expression=53, albedo=20)
"""DECA's numbers of identity and expression coefficients (50, and the jaw), for the paper tells none; colours are those
that heads without a space of colours are given."""


@dataclass(frozen=True)
class CoarseConfig:
    """The coarse network: a vision transformer, and a head with one hidden layer on its class token.

    Attributes:
        layout: what is predicted.
        vit: the transformer; its `side_px` is the side of the crop in R-Net's frame that it looks at.
        hidden: width of the hidden layer.
        scaled: predict in units of the training faces' deviations, about their mean.
        white_light: nine numbers of light for all three colours, as published, in place of nine for each.
        projection: of the camera; the paper's is orthographic.
    """

    layout: CoefficientLayout = FLAME_LAYOUT
    vit: ViTConfig = VIT_BASE
    hidden: int = 1024
    scaled: bool = False
    white_light: bool = True
    projection: Projection = "orthographic"

    @property
    def picture_px(self) -> int:
        """Side of the crop that the network looks at."""
        return self.vit.side_px


@dataclass(frozen=True)
class DetailConfig:
    """The networks that make displacement maps; their maps have one side.

    Attributes:
        teacher: the U-Net, which sees the texture only.
        student: the masked autoencoder, which sees texture and tension.
    """

    teacher: UNet2dConfig = field(default_factory=UNet2dConfig)
    student: MaeConfig = MAE_BASE

    @property
    def side_px(self) -> int:
        """Texels along a side of the maps."""
        return self.student.side_px


@dataclass(frozen=True)
class PersonalConfig:
    """Both stages."""

    coarse: CoarseConfig = field(default_factory=CoarseConfig)
    detail: DetailConfig = field(default_factory=DetailConfig)


PUBLISHED = PersonalConfig()
"""ViT-B/16 and a masked autoencoder of 111.7 million parameters, on crops and maps of 256 pixels."""

_OPEN_STEM = ResNetConfig((2, 2, 2), widths=(24, 48, 96), stem=24)

OPEN = PersonalConfig(
    coarse=CoarseConfig(
        layout=CoefficientLayout(identity=60, expression=53, albedo=20),
        # Seven patches a side, as many as the third stage of the open distilled networks has places.
        vit=ViTConfig(width=192, n_blocks=6, heads=3, side_px=112, stem=_OPEN_STEM),
        hidden=384,
        scaled=True,
        white_light=False,
        projection="perspective",
    ),
    detail=DetailConfig(teacher=UNET_SMALL, student=MAE_SMALL),
)
"""Small enough to learn on a CPU."""
