"""The improved residual network of ArcFace: an aligned face in, its identity embedding out.

iResNet-100 as trained by insightface (Deng et al., CVPR 2019; units of Duta et al., 2020, with the batch norm first).
Names and shapes of the tensors are those of the public checkpoints (`backbone.pth`) and of OFER's own.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ConfigError

WIDTHS = (64, 128, 256, 512)
SIDE_PX = 112
"""Side of the aligned picture; four stages halve it to 7."""


class ResidualUnit(nn.Module):
    """BN - conv - BN - PReLU - conv - BN beside a shortcut; the second convolution takes the stride."""

    def __init__(self, d_in: int, d_out: int, stride: int):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(d_in)
        self.conv1 = nn.Conv2d(d_in, d_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(d_out)
        self.prelu = nn.PReLU(d_out)
        self.conv2 = nn.Conv2d(d_out, d_out, 3, stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(d_out)
        self.downsample = None
        if stride != 1 or d_in != d_out:
            self.downsample = nn.Sequential(nn.Conv2d(d_in, d_out, 1, stride, bias=False), nn.BatchNorm2d(d_out))

    def forward(self, x: Float[Tensor, "B I H W"]) -> Float[Tensor, "B O H2 W2"]:
        """Apply."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.conv1(self.bn1(x))
        x = self.conv2(self.prelu(self.bn2(x)))
        return self.bn3(x) + shortcut


class IResNet(nn.Module):
    """Identity embedding of aligned faces.

    Args:
        layers: residual units of the four stages; (3, 13, 30, 3) is the iResNet-100.
        dim: length of the embedding.

    Raises:
        ConfigError: not four stages.
    """

    def __init__(self, layers: Sequence[int] = (3, 13, 30, 3), dim: int = 512):
        super().__init__()
        if len(layers) != len(WIDTHS):
            raise ConfigError(f"an iResNet has {len(WIDTHS)} stages, got {tuple(layers)}")
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.prelu = nn.PReLU(WIDTHS[0])
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            _stage(d_in, d_out, n) for d_in, d_out, n in zip((WIDTHS[0], *WIDTHS), WIDTHS, layers, strict=False)
        )
        self.bn2 = nn.BatchNorm2d(WIDTHS[-1])
        self.fc = nn.Linear(WIDTHS[-1] * (SIDE_PX // 16) ** 2, dim)
        self.features = nn.BatchNorm1d(dim)
        # The published training holds this gain at one: the loss only sees the embedding's direction.
        self.features.weight.requires_grad_(False)

    def forward(self, aligned: Float[Tensor, "B 3 112 112"]) -> Float[Tensor, "B D"]:
        """Embed.

        Args:
            aligned: RGB in [-1, 1], five points on the ArcFace template.

        Returns:
            The raw output; what is compared between faces is its direction.
        """
        return self.features(self.unnormalised(aligned))

    def unnormalised(self, aligned: Float[Tensor, "B 3 112 112"]) -> Float[Tensor, "B D"]:
        """The embedding before its batch norm, which OFER's published code leaves out for a picture alone."""
        # Not channels_last: on a CPU core a face alone takes 0.28 s that way, 0.27 s this way; in eights the same.
        x = self.prelu(self.bn1(self.conv1(aligned)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.bn2(x).flatten(1))


def _stage(d_in: int, d_out: int, n_units: int) -> nn.Sequential:
    units = [ResidualUnit(d_in, d_out, 2), *(ResidualUnit(d_out, d_out, 1) for _ in range(n_units - 1))]
    return nn.Sequential(*units)
