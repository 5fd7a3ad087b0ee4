"""From faces on photos to what the networks' encoders take: where recipes differ, and the only place where they do."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from manyfaces.detect import FaceCrops, arcface_crop, five_points, portrait_crop, to_face_crops
from manyfaces.detect.alignment import points_box
from manyfaces.pipeline.preprocess import FaceView


@dataclass(frozen=True)
class SeenFace:
    """One face of a photo.

    Attributes:
        image: the whole photo, RGB.
        number: which face of it, 0 the largest.
        view: where it is and what hides it.
    """

    image: UInt8[np.ndarray, "H W 3"]
    number: int
    view: FaceView


@runtime_checkable
class Conditioner(Protocol):
    """Makes the batch that the encoders of `Ofer`'s networks take."""

    def __call__(self, faces: Sequence[SeenFace], /) -> Any:
        """One row for each face, on the CPU; it has a length, and `to(device)` moves it."""
        ...


class PointConditioner:
    """The open recipe: the point encoder's vector, which looking at the face has made already."""

    def __call__(self, faces: Sequence[SeenFace], /) -> Float[Tensor, "B C"]:
        """Stack the vectors."""
        return torch.stack([face.view.condition for face in faces])


@dataclass(frozen=True)
class CropConditioner:
    """The published recipe: the crops that ArcFace and FaRL take, placed by the corrected points.

    Attributes:
        bgr_input: give ArcFace its crop with red and blue swapped, as the published inputs are.
    """

    bgr_input: bool = False

    def __call__(self, faces: Sequence[SeenFace], /) -> FaceCrops:
        """Cut the crops."""
        aligned = np.stack([arcface_crop(face.image, five_points(face.view.points_px)) for face in faces])
        portrait = np.stack([portrait_crop(face.image, points_box(face.view.points_px)) for face in faces])
        return to_face_crops(aligned[..., ::-1] if self.bgr_input else aligned, portrait)


def stacked(batches: Sequence[Any]) -> Any:
    """Several batches of one `Conditioner` as one: tensors, or frozen dataclasses of tensors."""
    first = batches[0]
    if isinstance(first, Tensor):
        return torch.cat(list(batches))
    names = [field.name for field in fields(first)]
    return type(first)(**{name: torch.cat([getattr(batch, name) for batch in batches]) for name in names})
