"""FaceNet's network, the Inception-ResNet-v1: a face of 160 pixels in, its identity embedding out.

Schroff et al., CVPR 2015, with the trunk of Szegedy et al., AAAI 2017 (the smaller of the two residual networks there).
Names and shapes of the tensors are those of the public PyTorch weights (facenet-pytorch), without the classifier that
they were trained with.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

SIDE_PX = 160
"""Side of the pictures it was trained on."""

N_FEATURES = 512

_EPSILON = 1e-3  # of the batch norms, TensorFlow's default: the weights were learned there
_Kernel = int | tuple[int, int]


class Layer(NamedTuple):
    """One convolution of a branch.

    Attributes:
        kernel: side, or height and width; padded so that the size stays, unless it is strided.
        width: channels it puts out.
        stride: two halves the size.
    """

    kernel: _Kernel
    width: int
    stride: int = 1


class ConvUnit(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, d_in: int, layer: Layer, padded: bool = True):
        super().__init__()
        height, width = (layer.kernel,) * 2 if isinstance(layer.kernel, int) else layer.kernel
        padding = (height // 2, width // 2) if padded and layer.stride == 1 else 0
        self.conv = nn.Conv2d(d_in, layer.width, (height, width), layer.stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(layer.width, eps=_EPSILON)

    def forward(self, x: Float[Tensor, "B I H W"]) -> Float[Tensor, "B O H2 W2"]:
        """Apply."""
        return F.relu(self.bn(self.conv(x)))


class Branches(nn.Module):
    """Several chains of convolutions side by side, their outputs one after the other in the channels.

    Args:
        d_in: channels that come in.
        chains: layers of each, first to last; a chain without layers is a strided maximum.
    """

    def __init__(self, d_in: int, *chains: tuple[Layer, ...]):
        super().__init__()
        self.names = [f"branch{number}" for number in range(len(chains))]
        for name, chain in zip(self.names, chains, strict=True):
            self.add_module(name, _chain(d_in, chain))

    def forward(self, x: Float[Tensor, "B I H W"]) -> Float[Tensor, "B O H2 W2"]:
        """Apply."""
        return torch.cat([self.get_submodule(name)(x) for name in self.names], 1)


class ResidualBranches(Branches):
    """Branches that are brought back to the width they came from, and added to it, a little of them at a time.

    Args:
        d_in: channels in and out.
        scale: how much of the sum the branches make up.
        chains: see `Branches`.
        rectified: whether a ReLU follows; none does in the last block.
    """

    def __init__(self, d_in: int, scale: float, *chains: tuple[Layer, ...], rectified: bool = True):
        super().__init__(d_in, *chains)
        self.conv2d = nn.Conv2d(sum(chain[-1].width for chain in chains), d_in, 1)
        self.scale = scale
        self.rectified = rectified

    def forward(self, x: Float[Tensor, "B I H W"]) -> Float[Tensor, "B I H W"]:
        """Apply."""
        x = x + self.scale * self.conv2d(super().forward(x))
        return F.relu(x) if self.rectified else x


class FaceNet(nn.Module):
    """Identity embedding of faces, of length one.

    The dropout of its training is left out: here the network is only used.
    """

    def __init__(self):
        super().__init__()
        self.conv2d_1a = ConvUnit(3, Layer(3, 32, 2))
        self.conv2d_2a = ConvUnit(32, Layer(3, 32), padded=False)
        self.conv2d_2b = ConvUnit(32, Layer(3, 64))
        self.conv2d_3b = ConvUnit(64, Layer(1, 80))
        self.conv2d_4a = ConvUnit(80, Layer(3, 192), padded=False)
        self.conv2d_4b = ConvUnit(192, Layer(3, 256, 2))
        self.repeat_1 = nn.Sequential(*(_block35() for _ in range(5)))
        self.mixed_6a = Branches(256, (Layer(3, 384, 2),), (Layer(1, 192), Layer(3, 192), Layer(3, 256, 2)), ())
        self.repeat_2 = nn.Sequential(*(_block17() for _ in range(10)))
        self.mixed_7a = Branches(
            896,
            (Layer(1, 256), Layer(3, 384, 2)),
            (Layer(1, 256), Layer(3, 256, 2)),
            (Layer(1, 256), Layer(3, 256), Layer(3, 256, 2)),
            (),
        )
        self.repeat_3 = nn.Sequential(*(_block8(0.2) for _ in range(5)))
        self.block8 = _block8(1.0, rectified=False)
        self.last_linear = nn.Linear(1792, N_FEATURES, bias=False)
        self.last_bn = nn.BatchNorm1d(N_FEATURES, eps=_EPSILON)

    def forward(self, faces: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 512"]:
        """Embed.

        Args:
            faces: RGB as (x - 127.5) / 128 of 0 to 255; `SIDE_PX` a side, though other sizes from 75 pass.
        """
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(faces)))
        x = self.conv2d_3b(F.max_pool2d(x, 3, 2))
        x = self.repeat_1(self.conv2d_4b(self.conv2d_4a(x)))
        x = self.repeat_2(self.mixed_6a(x))
        x = self.block8(self.repeat_3(self.mixed_7a(x)))
        return F.normalize(self.last_bn(self.last_linear(x.mean((2, 3)))), dim=-1)


def _block35() -> ResidualBranches:
    chains = (Layer(1, 32),), (Layer(1, 32), Layer(3, 32)), (Layer(1, 32), Layer(3, 32), Layer(3, 32))
    return ResidualBranches(256, 0.17, *chains)


def _block17() -> ResidualBranches:
    return ResidualBranches(896, 0.1, (Layer(1, 128),), (Layer(1, 128), Layer((1, 7), 128), Layer((7, 1), 128)))


def _block8(scale: float, rectified: bool = True) -> ResidualBranches:
    chains = (Layer(1, 192),), (Layer(1, 192), Layer((1, 3), 192), Layer((3, 1), 192))
    return ResidualBranches(1792, scale, *chains, rectified=rectified)


def _chain(d_in: int, layers: tuple[Layer, ...]) -> nn.Module:
    if not layers:
        return nn.MaxPool2d(3, 2)
    widths = [d_in, *(layer.width for layer in layers)]
    units = [ConvUnit(width, layer) for width, layer in zip(widths, layers, strict=False)]
    return units[0] if len(units) == 1 else nn.Sequential(*units)
