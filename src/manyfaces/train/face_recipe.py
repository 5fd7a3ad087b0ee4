"""What the recipes of networks that look at faces have in common."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.core.config import to_dict
from manyfaces.core.errors import ConfigError
from manyfaces.core.seeds import stream_seed
from manyfaces.data.face_batches import Faces, FaceSource, PeopleSource
from manyfaces.data.hiding import HidingLaw, hide
from manyfaces.faces import CoefficientLayout, FaceModel
from manyfaces.losses.coefficient_losses import coefficient_se, per_coefficient
from manyfaces.losses.face_fit import landmark_distance
from manyfaces.train.config import TrainConfig
from manyfaces.train.parallel import WHOLE, Part
from manyfaces.train.recipe import Split

Sizes = TypeVar("Sizes")

N_STATISTICS = 20_000


@dataclass(frozen=True)
class Lesson:
    """What a network sees, and what is there.

    Attributes:
        faces: with nothing before them.
        hidden: the same pictures, some with something before the face.
    """

    faces: Faces
    hidden: UInt8[Tensor, "B 3 S S"]


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

    def lesson(self, law: HidingLaw, step: int, split: Split, part: Part = WHOLE) -> Lesson:
        """The faces of a step, hidden as a law has it."""
        faces = self.faces(step, split, part)
        seed = stream_seed(self.seed(split), "hiding", step)
        return Lesson(faces, hide(faces.pictures.cpu(), faces.landmarks_px.cpu(), law, seed, faces.number.cpu()))

    def statistics(self) -> Float[Tensor, "N K"]:
        """Coefficients of many of the faces, for the scale of what is predicted.

        Raises:
            ConfigError: they are not known.
        """
        if not isinstance(self.source, PeopleSource):
            raise ConfigError("the network's scale is taken from faces whose coefficients are known", "draw people")
        return self.source.truth(self.seed("train"), N_STATISTICS)

    def seed(self, split: Split) -> int:
        """Root of a split's random streams."""
        return stream_seed(self.config.seed, split)


def in_full(device: torch.device) -> AbstractContextManager[Any]:
    """Compute in float32 what follows the network: half precision moves landmarks by a quarter of a pixel."""
    return torch.autocast(device.type, enabled=False)


def pose_weights(layout: CoefficientLayout, weight: float) -> Float[Tensor, " K"]:
    """How much each coefficient counts where angles and translation count `weight`, and the rest one."""
    return per_coefficient(layout.slices, {"angles": weight, "translation": weight})


def truth_loss(
    said: Float[Tensor, "B K"],
    truth: Faces,
    face: FaceModel,
    deviation: Float[Tensor, " K"] | None,
    pose_weight: float,
    landmark_weight: float,
) -> Float[Tensor, ""]:
    """Squared error of coefficients, whitened, and the landmarks' mean distance; in float32.

    Args:
        said: predicted.
        truth: whose coefficients are known.
        face: projects landmarks.
        deviation: of the training faces; None leaves coefficients in their own units.
        pose_weight: of angles and translation among the coefficients.
        landmark_weight: of the distance in pixels, beside the squared error.
    """
    assert truth.coefficients is not None
    device, layout = said.device, face.layout
    with in_full(device):
        error = coefficient_se(said, truth.coefficients, deviation, pose_weights(layout, pose_weight).to(device))
        landmarks_px = face.to(device).landmarks_px(layout.split(said))
        return error + landmark_weight * landmark_distance(landmarks_px, truth.landmarks_px).mean()


def as_network_input(pictures: Tensor) -> Float[Tensor, "*B S S"]:
    """Bring uint8 pictures to [0, 1]."""
    return pictures.to(torch.float32) / 255
