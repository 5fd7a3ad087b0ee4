"""The paper's condition vectors: ArcFace for identities, FaRL and ArcFace for ranking and expressions.

Each network owns a fine-tuned copy; the copies of one kind have the same structure. Tensor names are `arcface.*` and
`farl.*` as in the published files.
"""

from typing import Literal, cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ChoiceError
from manyfaces.detect.alignment import FaceCrops
from manyfaces.nn.clip_vit import ClipVisualTower
from manyfaces.nn.iresnet import IResNet

__all__ = ["PAPER_ENCODERS", "ArcFaceEncoder", "FaceCrops", "FarlArcFaceEncoder"]

# What lies before the network's last stage; the stage itself (layer4, bn2, fc, features) goes on learning.
_BEFORE_LAYER4 = ("conv1", "bn1", "prelu", "layer1", "layer2", "layer3")


class ArcFaceEncoder(nn.Module):
    """Who it is: the face-recognition vector of an aligned crop, of length 1.

    Args:
        arcface: the network; an IResNet-100 by default.
        freeze: "layer4" holds all that comes before the network's last stage: weights, and whatever `train()` says,
            the running means and variances too (the published code lets those drift); None holds nothing.

    Attributes:
        skips_last_norm: leave the network's last batch norm out, as the published code does wherever it encodes a
            single photo; off unless it is set.

    Raises:
        ChoiceError: another word for `freeze`.
    """

    def __init__(self, arcface: nn.Module | None = None, freeze: Literal["layer4"] | None = None):
        super().__init__()
        if freeze not in (None, "layer4"):
            raise ChoiceError("part to freeze", freeze, ["layer4"])
        self.arcface = arcface if arcface is not None else IResNet()
        self._frozen = tuple(getattr(self.arcface, name) for name in _BEFORE_LAYER4) if freeze else ()
        self.skips_last_norm = False
        for part in self._frozen:
            part.requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> "ArcFaceEncoder":
        """Switch modes; frozen parts stay as they are in use."""
        super().train(mode)
        for part in self._frozen:
            part.eval()
        return self

    def forward(self, crops: FaceCrops) -> Float[Tensor, "B 512"]:
        """Encode a batch."""
        network = cast(IResNet, self.arcface)
        raw = network.unnormalised(crops.aligned) if self.skips_last_norm else network(crops.aligned)
        return F.normalize(raw, dim=-1)


class FarlArcFaceEncoder(ArcFaceEncoder):
    """What it looks like and who it is: cat[FaRL, ArcFace], the published code's order (the paper writes the other).

    Only ArcFace's half has length 1.

    Args:
        arcface: see `ArcFaceEncoder`.
        farl: the network of the portrait; a CLIP ViT-B/16 visual tower by default.
        freeze: see `ArcFaceEncoder`; FaRL is never frozen.
    """

    def __init__(
        self,
        arcface: nn.Module | None = None,
        farl: nn.Module | None = None,
        freeze: Literal["layer4"] | None = None,
    ):
        super().__init__(arcface, freeze)
        self.farl = farl if farl is not None else ClipVisualTower()

    def forward(self, crops: FaceCrops) -> Float[Tensor, "B 1024"]:
        """Encode a batch."""
        return torch.cat([self.farl(crops.portrait), super().forward(crops)], -1)


PAPER_ENCODERS: dict[str, type[ArcFaceEncoder]] = {
    "idgen": ArcFaceEncoder,
    "idrank": FarlArcFaceEncoder,
    "expgen": FarlArcFaceEncoder,
}
"""The encoder that each of the paper's networks owns."""
