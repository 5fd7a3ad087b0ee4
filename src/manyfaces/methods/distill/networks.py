"""The networks: the teacher R-Net, and its students SOPI and MOPI, which see hidden faces."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import InputError
from manyfaces.faces import BFM_LAYOUT, CoefficientLayout, CoefficientRegressor
from manyfaces.nn.resnet import RESNET50, ResNet, ResNetConfig

N_VIEWS = 7
"""Occluded views of a face that MOPI learns from."""


@dataclass(frozen=True)
class DistillConfig:
    """Teacher and students alike.

    Attributes:
        layout: what is predicted.
        backbone: the residual network.
        picture_px: side of the picture that it looks at; the field of view is always that of the 224 pixel crop.
        scaled: predict in units of the training faces' deviations, about their mean. The published networks predict
            the coefficients as they are.
        pooling: side of the grid of features that the heads see; 1 is the mean over the picture, as published. A finer
            grid tells a small network where things are.
    """

    layout: CoefficientLayout = BFM_LAYOUT
    backbone: ResNetConfig = RESNET50
    picture_px: int = 224
    scaled: bool = False
    pooling: int = 1

    @property
    def n_features(self) -> int:
        """Length of what the heads see."""
        return self.backbone.n_features * self.pooling**2


PUBLISHED = DistillConfig()
OPEN = DistillConfig(
    layout=CoefficientLayout(identity=60, expression=53, albedo=20),
    backbone=ResNetConfig((2, 2, 2, 2), widths=(24, 48, 96, 192), stem=24),
    picture_px=112,
    scaled=True,
    pooling=2,
)


class _Regressor(CoefficientRegressor):
    """A backbone before what is predicted."""

    def __init__(self, config: DistillConfig):
        super().__init__(config.layout, config.scaled)
        self.config = config
        self.backbone = ResNet(config.backbone)

    def features(self, pictures: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B C"]:
        """What the heads see."""
        side = self.config.picture_px
        if pictures.shape[-2:] != (side, side):
            height, width = pictures.shape[-2:]
            raise InputError(f"the network looks at pictures of {side} x {side} pixels, not {width} x {height}")
        grid = self.backbone.spatial(pictures.contiguous(memory_format=torch.channels_last))
        return nn.functional.adaptive_avg_pool2d(grid, self.config.pooling).flatten(1)


class RNet(_Regressor):
    """The teacher: R-Net (Deng et al., CVPRW 2019), one head for each kind of coefficients.

    With the `PUBLISHED` configuration the names and shapes of its tensors are those of the public checkpoints.
    """

    def __init__(self, config: DistillConfig):
        super().__init__(config)
        sizes = [*list(config.layout.sizes.values())[:-1], 2, 1]  # x and y have a head, depth has its own
        self.final_layers = nn.ModuleList(nn.Conv2d(config.n_features, n, 1) for n in sizes)
        for layer in self.final_layers:
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, pictures: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B K"]:
        """Coefficients of faces that nothing hides; RGB in [0, 1]."""
        features = self.features(pictures)[..., None, None]
        return self.in_coefficients(torch.cat([layer(features) for layer in self.final_layers], 1).flatten(1))


class Sopi(_Regressor):
    """The Single-Occlusion per Identity network (Tiwari et al., WACV 2022, section 3.1): one head for everything."""

    def __init__(self, config: DistillConfig):
        super().__init__(config)
        self.fc = nn.Linear(config.n_features, config.layout.size)

    def start_from(self, teacher: RNet) -> None:
        """Take over what a teacher has learnt; the one head starts as its seven."""
        self.take_scale(teacher)
        self.backbone.load_state_dict(teacher.backbone.state_dict(), strict=True)
        heads = [layer.state_dict() for layer in teacher.final_layers]
        weight, bias = (torch.cat([head[name] for head in heads]) for name in ("weight", "bias"))
        self.fc.load_state_dict({"weight": weight.flatten(1), "bias": bias}, strict=True)

    def forward(self, pictures: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B K"]:
        """Coefficients of faces, whatever hides them; RGB in [0, 1]."""
        return self.in_coefficients(self.fc(self.features(pictures)))


class Mopi(_Regressor):
    """The Multi-Occlusion per Identity network (section 3.2): a shared backbone, a head for each of seven views.

    Patterns are exchangeable, and so are the heads: a picture alone gets the mean of what they say.
    """

    def __init__(self, config: DistillConfig):
        super().__init__(config)
        self.heads = nn.ModuleList(nn.Linear(config.n_features, config.layout.size) for _ in range(N_VIEWS))

    def forward(self, pictures: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B K"]:
        """Coefficients of faces, whatever hides them; RGB in [0, 1]."""
        features = self.features(pictures)
        return self.in_coefficients(torch.stack([head(features) for head in self.heads]).mean(0))

    def views(self, pictures: Float[Tensor, "B V 3 S S"]) -> Float[Tensor, "B V K"]:
        """Coefficients of seven views of each face; view m goes to head m.

        Raises:
            InputError: not seven views.
        """
        if pictures.shape[1] != N_VIEWS:
            raise InputError(f"MOPI learns from {N_VIEWS} views of a face, not {pictures.shape[1]}")
        features = self.features(pictures.flatten(0, 1)).unflatten(0, pictures.shape[:2])
        return self.in_coefficients(torch.stack([head(features[:, m]) for m, head in enumerate(self.heads)], 1))

    def start_from(self, sopi: Sopi) -> None:
        """Take over the weights of a student that has learnt; all heads start as its one."""
        own = self.state_dict()
        own.update({name: tensor for name, tensor in sopi.state_dict().items() if not name.startswith("fc.")})
        for m in range(N_VIEWS):
            own.update({f"heads.{m}.{name}": tensor for name, tensor in sopi.fc.state_dict().items()})
        self.load_state_dict(own, strict=True)
