"""Features of VGG-19 (Simonyan and Zisserman, ICLR 2015); tensor names are those of torchvision's weights.

A trap in names: conv3_2 is the second *convolution* of block 3, `features.12`. Code that counts convolutions and ReLUs
in one counter calls the ReLU after conv3_1 "relu3_2".
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from manyfaces.core.errors import ChoiceError, ConfigError

_BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""Width and number of the convolutions of each block; a pooling ends it."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's RGB in [0, 1]."""


LAYERS = tuple(
    name
    for block, (_, n) in enumerate(_BLOCKS, 1)
    for name in (
        *(f"{kind}{block}_{number}" for number in range(1, n + 1) for kind in ("conv", "relu")),
        f"pool{block}",
    )
)
"""Names of torchvision's `vgg19().features`, in their order."""


class Vgg19Features(nn.Module):
    """Features of pictures at chosen layers; nothing after the deepest of them is built or computed.

    The weights are handed in (`load_state_dict`); a public file holds more of them than a cut network has.

    Args:
        layers: their names: convolutions before the ReLU (`conv3_2`), after it (`relu3_2`), or poolings (`pool3`). The
            default are those of the ID-MRF loss (Mao et al., CVPR 2025, section 3.3).

    Raises:
        ChoiceError: a name is unknown.
        ConfigError: no layers.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, layers: Sequence[str] = ("conv3_2", "conv4_2")):
        super().__init__()
        if not layers:
            raise ConfigError("no layers of VGG-19 are asked for", f"name some: {', '.join(LAYERS)}")
        for name in layers:
            if name not in LAYERS:
                raise ChoiceError("layer of VGG-19", name, LAYERS)
        self.layers = frozenset(layers)
        n_built = 1 + max(LAYERS.index(name) for name in layers)
        self.features = nn.Sequential(*(_layer(name) for name in LAYERS[:n_built]))
        # Constants and no weights, so the public files know nothing of them.
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)

    def forward(self, pictures: Float[Tensor, "B 3 H W"]) -> dict[str, Float[Tensor, "B _ _ _"]]:
        """Features by the names of their layers, shallow before deep.

        Args:
            pictures: RGB in [0, 1], of any size down to 16 pixels a side (32 for `pool5`).
        """
        x, found = (pictures - self.mean) / self.deviation, {}
        for name, layer in zip(LAYERS, self.features, strict=False):
            x = layer(x)
            if name in self.layers:
                found[name] = x
        return found


def _layer(name: str) -> nn.Module:
    kind, block = name[:4], int(name[4]) - 1
    if kind == "relu":
        return nn.ReLU()  # not in place: the features before it are handed out
    if kind == "pool":
        return nn.MaxPool2d(2)
    width = _BLOCKS[block][0]
    before = _BLOCKS[block - 1][0] if block else 3
    return nn.Conv2d(before if name.endswith("_1") else width, width, 3, padding=1)
