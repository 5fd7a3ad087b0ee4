"""What the recipes of networks that look at faces have in common."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from manyfaces.core.config import to_dict
from manyfaces.core.seeds import stream_seed
from manyfaces.data.face_batches import Faces, FaceSource
from manyfaces.faces import CoefficientLayout
from manyfaces.losses.coefficient_losses import per_coefficient
from manyfaces.train.config import TrainConfig
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split

Sizes = TypeVar("Sizes")


@dataclass(frozen=True)
class FaceRecipe(Generic[Sizes]):
    """Batches of faces, and a network.

    Attributes:
        source: the faces.
        held_out: those of the validation batches.
        network: its sizes.
        config: settings of the loop.
        batch_size: faces per step.
    """

    source: FaceSource
    held_out: FaceSource
    network: Sizes
    config: TrainConfig
    batch_size: int

    def describe(self) -> dict[str, Any]:
        """Plain values that define the network."""
        return to_dict(self.network)

    def faces(self, step: int, split: Split, part: Part = WHOLE) -> Faces:
        """The faces of a step; training and validation never share a seed."""
        source = self.held_out if split == "validation" else self.source
        return source.batch(self.seed(split), step, self.batch_size, part.rows(self.batch_size))

    def seed(self, split: Split) -> int:
        """Root of a split's random streams."""
        return stream_seed(self.config.seed, split)


def in_full(device: torch.device) -> AbstractContextManager[Any]:
    """Compute in float32 what follows the network: half precision moves landmarks by a quarter of a pixel."""
    return torch.autocast(device.type, enabled=False)


def pose_weights(layout: CoefficientLayout, weight: float) -> Float[Tensor, " K"]:
    """How much each coefficient counts where angles and translation count `weight`, and the rest one."""
    return per_coefficient(layout.slices, {"angles": weight, "translation": weight})


def as_network_input(pictures: Tensor) -> Float[Tensor, "*B S S"]:
    """Bring uint8 pictures to [0, 1]."""
    return pictures.to(torch.float32) / 255
