"""Who a picture shows, as a vector: the face recognisers that the losses look through.

All take pictures in R-Net's frame, at any size, so that photos, occluded photos and renders go the same way. Networks
are handed in; `io.recogniser_files` reads published ones.
"""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import InputError
from manyfaces.detect.alignment import align_faces
from manyfaces.detect.rnet_alignment import FACE_SCALE_PX, FIVE_IN_SPACE, FRAME_ORIGIN_PX, RNET_PX
from manyfaces.methods.distill.networks import RNet
from manyfaces.nn.facenet import SIDE_PX as FACENET_PX
from manyfaces.nn.resnet import ResNet, ResNetConfig


@runtime_checkable
class Recogniser(Protocol):
    """Anything that tells people apart."""

    def __call__(
        self, pictures: Float[Tensor, "B 3 H W"], five_px: Float[Tensor, "B 5 2"] | None = None
    ) -> Float[Tensor, "B D"]:
        """Features of length one.

        Args:
            pictures: RGB in [0, 1].
            five_px: eyes, nose tip and mouth corners, left in the picture first; pixels of the 224 frame, constant as
                published. For recognisers that align faces; others look at the whole frame. None: where the mean face
                has them, which is right for a face that looks ahead.
        """
        ...


def mean_five_px() -> Float[Tensor, "5 2"]:
    """Where eyes, nose tip and mouth corners of the mean face lie in R-Net's frame of 224 pixels, seen from ahead."""
    across, up = torch.tensor(FIVE_IN_SPACE[:, :2], dtype=torch.float32).unbind(-1)
    return torch.tensor(FRAME_ORIGIN_PX) + FACE_SCALE_PX * torch.stack([across, -up], -1)


class ArcFaceRecogniser(nn.Module):
    """R-Net's own recogniser in its PyTorch version: the face is moved onto ArcFace's five points, 112 pixels a side.

    Args:
        network: an `IResNet`, or anything else for aligned RGB in [-1, 1].
    """

    five_px: Tensor

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.register_buffer("five_px", mean_five_px(), persistent=False)

    def forward(
        self, pictures: Float[Tensor, "B 3 H W"], five_px: Float[Tensor, "B 5 2"] | None = None
    ) -> Float[Tensor, "B D"]:
        """Embed; see `Recogniser`."""
        five = self.five_px[None] if five_px is None else five_px
        return F.normalize(self.network(2 * align_faces(pictures, five, RNET_PX) - 1), dim=-1)


class FaceNetRecogniser(nn.Module):
    """The paper's recogniser: the whole frame, 160 pixels a side.

    Args:
        network: a `FaceNet`, or anything else for RGB as (x - 127.5) / 128 of 0 to 255.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(
        self, pictures: Float[Tensor, "B 3 H W"], five_px: Float[Tensor, "B 5 2"] | None = None
    ) -> Float[Tensor, "B D"]:
        """Embed; see `Recogniser`."""
        return F.normalize(self.network((255 * _resized(pictures, FACENET_PX) - 127.5) / 128), dim=-1)


@dataclass(frozen=True)
class SmallRecogniserConfig:
    """Sizes of a recogniser that is trained on synthetic people.

    Attributes:
        backbone: the residual network.
        picture_px: side of the pictures it looks at.
        n_features: length of its vector.
        pooling: side of the grid of backbone features that it sees; 1 is the mean over the picture.
    """

    backbone: ResNetConfig = field(default_factory=lambda: ResNetConfig((1, 1, 1, 1), (32, 64, 128, 256), stem=32))
    picture_px: int = 112
    n_features: int = 128
    pooling: int = 1


class SmallRecogniser(nn.Module):
    """A recogniser that anyone can train: `losses.margin_cross_entropy` on the renders of many synthetic people.

    It judges by what synthetic people differ in, and is no judge of who someone is.
    """

    def __init__(self, config: SmallRecogniserConfig):
        super().__init__()
        self.config = config
        self.backbone = ResNet(config.backbone)
        self.embed = nn.Linear(config.backbone.n_features * config.pooling**2, config.n_features)

    def forward(
        self, pictures: Float[Tensor, "B 3 H W"], five_px: Float[Tensor, "B 5 2"] | None = None
    ) -> Float[Tensor, "B D"]:
        """Embed; see `Recogniser`."""
        seen = _resized(pictures, self.config.picture_px)
        grid = self.backbone.spatial(seen.contiguous(memory_format=torch.channels_last))
        features = F.adaptive_avg_pool2d(grid, self.config.pooling).flatten(1)
        return F.normalize(self.embed(features), dim=-1)

    def start_from(self, teacher: RNet) -> None:
        """Take over what a teacher of the same sizes says of identity and colours: that is who people are, nearly.

        Raises:
            InputError: its backbone, its grid or the number of these coefficients is another.
        """
        layout, config = teacher.config.layout, self.config
        ours = config.backbone, config.pooling, config.n_features
        if ours != (teacher.config.backbone, teacher.config.pooling, layout.identity + layout.albedo):
            raise InputError("the recogniser cannot start from this teacher: their sizes differ")
        self.backbone.load_state_dict(teacher.backbone.state_dict(), strict=True)
        heads = dict(zip(layout.sizes, teacher.final_layers, strict=False))
        # In deviations: what the teacher is unsure of is near zero and says little.
        for parameter in ("weight", "bias"):
            rows = [getattr(heads[name], parameter).detach() for name in ("identity", "albedo")]
            getattr(self.embed, parameter).data.copy_(torch.cat(rows).view_as(getattr(self.embed, parameter)))


class FrozenRecogniser(nn.Module):
    """A recogniser as a judge: its weights and running means stay, whatever `train()` says; pictures get gradients.

    Args:
        recogniser: one of those above; it is frozen itself, not copied.
    """

    def __init__(self, recogniser: nn.Module):
        super().__init__()
        self.recogniser = recogniser.requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> "FrozenRecogniser":
        """Switch modes; the recogniser stays as it is in use."""
        super().train(mode)
        self.recogniser.eval()
        return self

    def forward(
        self, pictures: Float[Tensor, "B 3 H W"], five_px: Float[Tensor, "B 5 2"] | None = None
    ) -> Float[Tensor, "B D"]:
        """Embed; see `Recogniser`."""
        return self.recogniser(pictures, five_px)


def _resized(pictures: Tensor, side_px: int) -> Tensor:
    if pictures.shape[-2:] == (side_px, side_px):
        return pictures
    return F.interpolate(pictures, (side_px, side_px), mode="bilinear", align_corners=False, antialias=True)
