"""Residual networks over pictures (He et al., CVPR 2016); tensor names are those of the public ImageNet weights."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

Block = Literal["basic", "bottleneck"]


@dataclass(frozen=True)
class ResNetConfig:
    """Sizes of a residual network.

    Attributes:
        layers: units of each stage; every stage but the first halves the picture.
        widths: channels of each stage; bottlenecks put out four times as many.
        stem: channels after the first convolution, which quarters the picture together with the pooling after it.
        block: kind of unit.
    """

    layers: tuple[int, ...]
    widths: tuple[int, ...] = (64, 128, 256, 512)
    stem: int = 64
    block: Block = "basic"

    @property
    def n_features(self) -> int:
        """Length of what the network puts out."""
        return self.widths[-1] * _GROWTH[self.block]


_GROWTH: dict[Block, int] = {"basic": 1, "bottleneck": 4}

RESNET50 = ResNetConfig((3, 4, 6, 3), block="bottleneck")


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, d_in: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(d_in, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(d_in, width, stride)

    def forward(self, x: Float[Tensor, "B I H W"]) -> Float[Tensor, "B O H2 W2"]:
        """Apply."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a shortcut; the middle one takes the stride."""

    def __init__(self, d_in: int, width: int, stride: int):
        super().__init__()
        d_out = width * _GROWTH["bottleneck"]
        self.conv1 = nn.Conv2d(d_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, d_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(d_out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(d_in, d_out, stride)

    def forward(self, x: Float[Tensor, "B I H W"]) -> Float[Tensor, "B O H2 W2"]:
        """Apply."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet(nn.Module):
    """A residual network without its classifier: pictures in, features out.

    The stages are `layer1`, `layer2`, ... as in the public weights.
    """

    def __init__(self, config: ResNetConfig):
        super().__init__()
        self.config = config
        self.conv1 = nn.Conv2d(3, config.stem, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(config.stem)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        unit = BasicBlock if config.block == "basic" else Bottleneck
        d_in, self.stages = config.stem, []
        for number, (n_units, width) in enumerate(zip(config.layers, config.widths, strict=True), 1):
            d_out = width * _GROWTH[config.block]
            first = unit(d_in, width, 1 if number == 1 else 2)
            self.add_module(
                f"layer{number}", nn.Sequential(first, *(unit(d_out, width, 1) for _ in range(n_units - 1)))
            )
            self.stages.append(f"layer{number}")
            d_in = d_out
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C"]:
        """Features of pictures, the mean over the last stage's places."""
        return self.spatial(pictures).mean((2, 3))

    def spatial(self, pictures: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C h w"]:
        """Features before they are averaged."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        for stage in self.stages:
            x = self.get_submodule(stage)(x)
        return x


def _shortcut(d_in: int, d_out: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and d_in == d_out:
        return None
    return nn.Sequential(nn.Conv2d(d_in, d_out, 1, stride, bias=False), nn.BatchNorm2d(d_out))
