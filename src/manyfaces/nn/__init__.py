"""Network architectures: no files, no training. Tensor names follow the public checkpoints."""

from manyfaces.nn.clip_vit import ClipVisualTower
from manyfaces.nn.execution import Execution, Workers
from manyfaces.nn.facenet import FaceNet
from manyfaces.nn.frozen_unet import FrozenUNet1D, PreparedUNet1D
from manyfaces.nn.gated_mlp import GatedMLP
from manyfaces.nn.iresnet import IResNet
from manyfaces.nn.marginals import NormalMarginals
from manyfaces.nn.standardiser import ConditionalStandardiser
from manyfaces.nn.unet1d import UNet1D

__all__ = [
    "ClipVisualTower",
    "ConditionalStandardiser",
    "Execution",
    "FaceNet",
    "FrozenUNet1D",
    "GatedMLP",
    "IResNet",
    "NormalMarginals",
    "PreparedUNet1D",
    "UNet1D",
    "Workers",
]
