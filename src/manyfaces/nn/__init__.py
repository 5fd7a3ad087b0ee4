"""Network architectures: no files, no training. Tensor names follow the public checkpoints."""

from manyfaces.nn.clip_vit import ClipVisualTower
from manyfaces.nn.gated_mlp import GatedMLP
from manyfaces.nn.iresnet import IResNet
from manyfaces.nn.standardiser import ConditionalStandardiser
from manyfaces.nn.unet1d import PreparedContext, UNet1D

__all__ = ["ClipVisualTower", "ConditionalStandardiser", "GatedMLP", "IResNet", "PreparedContext", "UNet1D"]
