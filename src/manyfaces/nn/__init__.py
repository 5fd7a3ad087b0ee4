"""Network architectures: no files, no training. Tensor names follow the public checkpoints."""

from manyfaces.nn.adapters import Adaptation, insert_adapters
from manyfaces.nn.clip_vit import ClipVisualTower
from manyfaces.nn.detail_resnet import DetailResNetConfig, DisplacementResNet
from manyfaces.nn.execution import Execution, Workers
from manyfaces.nn.facenet import FaceNet
from manyfaces.nn.frozen_unet import FrozenUNet1D, PreparedUNet1D
from manyfaces.nn.gated_mlp import GatedMLP
from manyfaces.nn.iresnet import IResNet
from manyfaces.nn.mae import MAE_BASE, MAE_SMALL, DisplacementMae, MaeConfig
from manyfaces.nn.marginals import NormalMarginals
from manyfaces.nn.standardiser import ConditionalStandardiser
from manyfaces.nn.unet1d import UNet1D
from manyfaces.nn.unet2d import DisplacementUNet, UNet2dConfig
from manyfaces.nn.vgg19 import Vgg19Features
from manyfaces.nn.vit import VIT_BASE, ViT, ViTConfig

__all__ = [
    "MAE_BASE",
    "MAE_SMALL",
    "VIT_BASE",
    "Adaptation",
    "ClipVisualTower",
    "ConditionalStandardiser",
    "DetailResNetConfig",
    "DisplacementMae",
    "DisplacementResNet",
    "DisplacementUNet",
    "Execution",
    "FaceNet",
    "FrozenUNet1D",
    "GatedMLP",
    "IResNet",
    "MaeConfig",
    "NormalMarginals",
    "PreparedUNet1D",
    "UNet1D",
    "UNet2dConfig",
    "Vgg19Features",
    "ViT",
    "ViTConfig",
    "Workers",
    "insert_adapters",
]
